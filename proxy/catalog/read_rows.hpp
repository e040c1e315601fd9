#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/schema_rows.hpp"

namespace pgweir::catalog {

// What a row of each query of schema_queries.hpp says. Nothing: it is no such row.

using text_row = std::vector<std::optional<std::string>>;

std::optional<oid> read_oid(const std::string& text);
std::optional<schema_rows::relation> read_relation(const text_row& row);
std::optional<schema_rows::routine> read_routine(const text_row& row);
std::optional<schema_rows::operation> read_operator(const text_row& row);
std::optional<schema_rows::type> read_type(const text_row& row);
std::optional<schema_rows::cast> read_cast(const text_row& row);
std::optional<schema_rows::link> read_link(const text_row& row);

}  // namespace pgweir::catalog

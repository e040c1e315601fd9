#pragma once

#include <span>
#include <string_view>

#include "sql/row_order.hpp"

namespace pgweir::cache {

/// Whether the order of these rows is the only one that they can have: no two of them are alike in what they are sorted
/// by. Only columns count of whose types equal values have equal bytes: texts are none, as a collation may take different
/// ones for equal. `rows`: DataRow ..., `description`: their RowDescription; where that is missing the answer is no.
bool is_in_total_order(std::string_view rows, std::string_view description, std::span<const sql::sort_column> by);

}  // namespace pgweir::cache

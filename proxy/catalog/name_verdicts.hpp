#pragma once

#include <span>
#include <string>

#include "catalog/schema_contents.hpp"
#include "sql/reason.hpp"
#include "sql/statement_facts.hpp"

namespace pgweir::catalog {

// What the functions, operators and types that a text or a view's definition names are known for. A name without a
// schema stands for all that have it, as the search path would have to be followed with the privileges of who asks, and
// argument types decide between overloads.

/// Why they keep a result from being cached.
sql::reason reasons_of_names(const schema_contents& contents, const sql::statement_facts& facts);

/// Whether one of them may be another thing than PostgreSQL's own, which everybody may use and finds first: which it is
/// depends on the rights of who asks. A name without a schema is looked for in `path`.
bool names_beside_system(const schema_contents& contents, const sql::statement_facts& facts,
                         std::span<const std::string> path);

/// Whether one of them may write a table.
bool names_may_write(const schema_contents& contents, const sql::statement_facts& facts);

}  // namespace pgweir::catalog

#pragma once

#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>

#include "sql/statement_class.hpp"

namespace pgweir::sql {

/// What kind of statement a statement's node is.
statement_class class_of(const PgQuery__Node& statement) noexcept;

}  // namespace pgweir::sql

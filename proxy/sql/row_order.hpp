#pragma once

#include <string_view>

namespace pgweir::sql {

/// Whether two executions of a text on the same rows may answer with other ones, since PostgreSQL comes upon rows in any
/// order: where there is LIMIT, say, or array_agg(). Errs on the side of yes. Does not know what stands in views.
bool may_depend_on_row_order(std::string_view text) noexcept;

}  // namespace pgweir::sql

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pgweir::sql {

/// Whether two executions of a text on the same rows may answer with other ones, since PostgreSQL comes upon rows in any
/// order: where there is LIMIT, say, or array_agg(). Errs on the side of yes. Does not know what stands in views.
bool may_depend_on_row_order(std::string_view text) noexcept;

/// A column of a reply, as ORDER BY names it.
struct sort_column {
    std::string name;  ///< empty: `number` says which
    std::size_t number = 0;  ///< from 1

    bool operator==(const sort_column&) const = default;
};

/// Columns of its own reply that a text sorts its rows by, not necessarily all: expressions are left out. None, when it
/// does not sort them.
std::vector<sort_column> sort_columns(std::string_view text);

}  // namespace pgweir::sql

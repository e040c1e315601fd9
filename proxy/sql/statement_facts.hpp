#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sql/reason.hpp"
#include "sql/row_event.hpp"
#include "sql/statement_class.hpp"

namespace pgweir::sql {

/// As PostgreSQL's lexer leaves it: folded to lower case unless quoted, cut at 63 bytes.
struct qualified_name {
    std::string schema;  ///< empty: none is written, search_path decides
    std::string name;

    auto operator<=>(const qualified_name&) const = default;
};

/// What the syntax of a text says, all its statements together. Which relation, function, operator or type a name
/// stands for, and what that does, only the catalogs know. Lists are sorted and name each thing once.
struct statement_facts {
    std::vector<statement_class> statements;  ///< one for each statement, in order
    reason reasons = reason::none;            ///< why the result is never cached

    /// Relations that rows are taken from. Names of WITH queries are none. The target of a write stands in `writes`
    /// only, unless the text reads it as well.
    std::vector<qualified_name> reads;
    /// Targets of INSERT, UPDATE, DELETE, MERGE, COPY FROM, TRUNCATE and REFRESH, and what a utility statement creates,
    /// changes or drops by name.
    std::vector<qualified_name> writes;
    /// What happens to rows of `writes`, all of them together. ON CONFLICT DO UPDATE is an update as well.
    row_event events = row_event::none;

    /// What stands where a function is called, those that the grammar calls (EXTRACT is pg_catalog.extract) included.
    std::vector<qualified_name> functions;
    std::vector<qualified_name> operators;  ///< of IN `=`, of LIKE `~~`, of BETWEEN `>=` and `<=`
    std::vector<qualified_name> types;  ///< of casts and, in DDL, of columns and arguments
    /// `f` of `t.f` and of `(t).f`: a call of f(t) when t has no such column.
    std::vector<std::string> fields;

    std::uint32_t parameters = 0;  ///< the highest n of $n
    bool writes_more = false;  ///< may write relations that are not in `writes`; true for what is not understood
    bool names_role = false;  ///< CURRENT_USER, SESSION_USER and the like: depends on who asks
    bool names_schema = false;  ///< CURRENT_SCHEMA: depends on search_path
    bool creates_temporary = false;  ///< something temporary that outlives the transaction
    bool holds_cursor = false;  ///< DECLARE ... WITH HOLD

    bool operator==(const statement_facts&) const = default;

    /// False: nothing but `reasons` is known, and the text may do anything.
    bool understood() const noexcept { return !has(reasons, not_understood); }
};

/// Memory that the facts hold, for whoever bounds it.
std::size_t bytes_of(const statement_facts& facts) noexcept;

}  // namespace pgweir::sql

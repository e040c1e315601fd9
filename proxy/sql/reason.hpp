#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace pgweir::sql {

/// Why the result of a text is never cached: a set of bits. sql::understand() finds what the syntax alone tells;
/// catalog::schema_map adds what only the catalogs know.
enum class reason : std::uint32_t {
    none = 0,

    // The text was not understood, and nothing else is known about it.
    unparsed = 1U << 0,
    too_long = 1U << 1,
    too_deep = 1U << 2,

    empty = 1U << 3,
    multi_statement = 1U << 4,
    not_a_select = 1U << 5,
    writes_in_cte = 1U << 6,
    select_into = 1U << 7,
    locks_rows = 1U << 8,
    tablesample = 1U << 9,
    clock_value = 1U << 10,
    time_literal = 1U << 11,
    system_column = 1U << 12,
    system_relation = 1U << 13,
    catalog_cast = 1U << 14,
    temporary_relation = 1U << 15,

    // Of the database's own objects.
    unknown_relation = 1U << 16,
    foreign_relation = 1U << 17,
    unlogged_relation = 1U << 18,
    sequence = 1U << 19,
    row_security = 1U << 20,
    unread_view = 1U << 21,
    unstable_function = 1U << 22,
    unstable_operator = 1U << 23,
    unstable_type = 1U << 24,
    unstable_cast = 1U << 25,
    catalog_too_large = 1U << 26,
};

constexpr reason operator|(reason a, reason b) noexcept {
    return static_cast<reason>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
constexpr reason operator&(reason a, reason b) noexcept {
    return static_cast<reason>(static_cast<std::uint32_t>(a) & static_cast<std::uint32_t>(b));
}
constexpr reason& operator|=(reason& a, reason b) noexcept {
    return a = a | b;
}

/// Whether `reasons` has any of `wanted`.
constexpr bool has(reason reasons, reason wanted) noexcept {
    return (reasons & wanted) != reason::none;
}

/// Set when nothing but the reason is known.
inline constexpr reason not_understood = reason::unparsed | reason::too_long | reason::too_deep;

struct reason_description {
    reason value;
    std::string_view code;      ///< for labels and columns
    std::string_view sentence;  ///< for people
};

/// In the order in which reasons are preferred when a text has several and one is shown.
inline constexpr std::array reason_descriptions{
    reason_description{reason::too_long, "too_long", "The text is longer than 64 KiB."},
    reason_description{reason::too_deep, "too_deep", "The text is nested too deeply to be parsed safely."},
    reason_description{reason::unparsed, "unparsed", "PostgreSQL 15's grammar does not know the text."},
    reason_description{reason::empty, "empty", "There is no statement."},
    reason_description{reason::multi_statement, "multi_statement", "There are several statements in one text."},
    reason_description{reason::not_a_select, "not_a_select", "The statement is not a SELECT, VALUES or TABLE."},
    reason_description{reason::writes_in_cte, "writes_in_cte", "A WITH query writes."},
    reason_description{reason::select_into, "select_into", "SELECT INTO creates a table."},
    reason_description{reason::locks_rows, "locks_rows", "FOR UPDATE or FOR SHARE locks rows."},
    reason_description{reason::clock_value, "clock_value", "CURRENT_TIMESTAMP or the like changes with time."},
    reason_description{reason::time_literal, "time_literal",
                       "A string has one of the words now, today, tomorrow, yesterday: as a date or time they move."},
    reason_description{reason::tablesample, "tablesample", "TABLESAMPLE picks rows at random."},
    reason_description{reason::system_column, "system_column",
                       "A system column such as ctid or xmin changes without a write to the row."},
    reason_description{reason::system_relation, "system_relation",
                       "A catalog or information_schema is read; it changes without a write that is seen."},
    reason_description{reason::catalog_cast, "catalog_cast", "A cast to regclass or the like looks into the catalogs."},
    reason_description{reason::temporary_relation, "temporary_relation",
                       "A temporary relation exists in one server session only."},
    reason_description{reason::catalog_too_large, "catalog_too_large",
                       "The database has more relations, functions or types than are read."},
    reason_description{reason::unknown_relation, "unknown_relation",
                       "A relation was in no schema of search_path when the catalogs were read."},
    reason_description{reason::row_security, "row_security",
                       "A table has row-level security: who asks sees other rows."},
    reason_description{reason::foreign_relation, "foreign_relation",
                       "The rows of a foreign table are changed by others than this database."},
    reason_description{reason::unlogged_relation, "unlogged_relation",
                       "A crash empties an unlogged table, which nobody is told of."},
    reason_description{reason::sequence, "sequence", "A sequence moves on without a write that is seen."},
    reason_description{reason::unread_view, "unread_view",
                       "The definition of a view is too long, or PostgreSQL 15's grammar does not know it."},
    reason_description{reason::unstable_function, "unstable_function",
                       "The result of a function may change without a write, or nobody knows whether it may."},
    reason_description{reason::unstable_operator, "unstable_operator",
                       "The result of an operator may change without a write, or nobody knows whether it may."},
    reason_description{reason::unstable_type, "unstable_type",
                       "How values of a type are read or written may change, or nobody knows whether it may."},
    reason_description{reason::unstable_cast, "unstable_cast",
                       "A cast of the database's own runs a function whose result may change without a write."},
};

/// The first of `reasons` in the order above; nullptr when there is none.
const reason_description* describe(reason reasons) noexcept;

}  // namespace pgweir::sql

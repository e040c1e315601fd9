#pragma once

#include <string_view>

namespace pgweir::catalog {

// PostgreSQL's own functions, by name: what their volatility does not say. All overloads of a name are alike in that.

/// Of those that are not immutable: the result depends on the arguments, on settings that every session of a result
/// cache's entry has in common (TimeZone, DateStyle, IntervalStyle, lc_*, default_text_search_config and the like), and
/// on the definitions of types and text search configurations, which change by DDL only.
bool is_settled_by_settings(std::string_view name) noexcept;

/// Of those that are volatile: writes no row of a table. Large objects are rows of a catalog; sequences are no tables.
bool writes_no_table(std::string_view name) noexcept;

/// Runs a query or reads a table that it is given by name, read-only: it may call functions that write.
bool runs_queries(std::string_view name) noexcept;

/// Of a volatile C function of an extension: one of the well-known that write no table.
bool is_harmless_extension_function(std::string_view name) noexcept;

}  // namespace pgweir::catalog

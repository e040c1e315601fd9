#pragma once

#include <string_view>

namespace pgweir::sql {

/// Whether a function with this body may itself change rows or catalogs, or run what is put together at run time: false
/// for SQL and PL/pgSQL without a statement that does. What the functions that it names do is not in it. Made to err on
/// one side: words count that are only columns' names.
bool routine_may_write(std::string_view language, std::string_view body) noexcept;

}  // namespace pgweir::sql

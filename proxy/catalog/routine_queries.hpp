#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pgweir::catalog {

/// A longer body is not read, and may do anything.
inline constexpr std::size_t longest_body = 32 * 1024;
/// With more functions of its own than this, any text of a database may do anything.
inline constexpr std::size_t most_routines = 20000;

// What is not qualified, operators too, the role that asks could have replaced by something of its own. Objects with
// oids from 16384 on are not PostgreSQL's own (manual, "OID Assignment").

/// In the place of a language, before the name of a catalog.
inline constexpr std::string_view calling_class = "called in ";

/// One row: a text that differs when something has changed that could matter.
extern const std::string_view fingerprint_query;

/// A row for each function: oid, name, language, body or null. C functions are taken to leave nothing behind but for
/// those whose names sql::scan() knows. And one for each other object and function of these (sql::pinning_functions())
/// that an expression of it calls: its oid, the function's name, calling_class with the catalog it is in, null.
std::string bodies_query(int server_version);

/// What leads to functions, or to what calls one: a row for each name and kind, with the flags given for what it leads to.
/// `classes` (catalogs), `oids` and `flags` are the texts of three arrays of the same length.
std::string led_there_query(std::string_view classes, std::string_view oids, std::string_view flags);

}  // namespace pgweir::catalog

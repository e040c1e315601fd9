#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pgweir::catalog {

/// With more rows of one kind than this, nothing is known of a database. Less than an inquiry takes.
inline constexpr std::size_t most_schema_rows = 50000;
/// A view with a longer definition, in bytes, is not understood.
inline constexpr std::size_t longest_definition = 16 * 1024;

// What is not qualified, operators too, the role that asks could have replaced by something of its own; nor may settings
// of its session change an answer. For PostgreSQL 12 to 18. What is temporary is left out: it comes and goes by the
// second, and belongs to sessions that no result is cached for.

/// One row: a text that differs when something has changed that matters for a schema_map or for who may see what:
/// relations, columns, functions, types, policies, privileges, roles, settings' defaults, a restart, a crash. The same
/// in all sessions of a role, whatever they have set.
std::string schema_fingerprint_query();

/// oid, schema, name, kind, persistence, row security, whether there are rules but the one that makes a view.
std::string relations_query();

/// oid, schema, name, kind, volatility, whether it is an extension's, whether it takes a row alone, whether expressions
/// may call it, language, body. Only own ones in SQL and PL/pgSQL have one. `server_version`: the major one.
std::string routines_query(int server_version);

/// schema, name, oid of the function.
std::string operators_query();

/// oid, schema, name, kind, whether constraints check it, oid of the type it is made of, of the relation whose row it is,
/// oids of its functions as an array. The row types of tables are not among them.
std::string types_query();

/// whether it may be applied by itself, schema and name of the type it makes, oid of the function. Own ones.
std::string casts_query();

/// kind, from, to, detail: schema_rows::link. The kinds are the letters of link_kind_of_letter().
std::string links_query();

/// oid, definition. `oids` is the text of an array. A definition is null when it is too long.
std::string definitions_query(std::string_view oids);

}  // namespace pgweir::catalog

#pragma once

#include <string>
#include <string_view>

namespace pgweir::upstream {

/// FROM and WHERE of the rows of pg_db_role_setting, named `s`, that a new session in this database begins with. `role`:
/// an expression for the oid of the role that logs in. Operators are PostgreSQL's own whatever the search_path.
std::string role_settings_of(std::string_view role);

/// What all these rows come to: another one after each ALTER ROLE or ALTER DATABASE that sets or resets anything. Numbers
/// only, as the session that is asked may have any client_encoding.
inline constexpr std::string_view role_settings_stamp =
    "pg_catalog.concat_ws(':', pg_catalog.count(*), pg_catalog.sum(s.xmin::pg_catalog.text::pg_catalog.int8))";

/// Asks for the stamp in a session that anybody may have used: its SESSION_USER may be another than the one that logged in.
const std::string& role_settings_query();

}  // namespace pgweir::upstream

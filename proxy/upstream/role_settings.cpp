#include "upstream/role_settings.hpp"

#include "session/login_role.hpp"

namespace pgweir::upstream {

std::string role_settings_of(std::string_view role) {
    std::string sql =
        " FROM pg_catalog.pg_db_role_setting AS s WHERE (s.setdatabase OPERATOR(pg_catalog.=) '0'::pg_catalog.oid "
        "OR s.setdatabase OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database AS d "
        "WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())) "
        "AND (s.setrole OPERATOR(pg_catalog.=) '0'::pg_catalog.oid OR s.setrole OPERATOR(pg_catalog.=) (";
    return sql.append(role).append("))");
}

const std::string& role_settings_query() {
    static const std::string sql =
        "SELECT " + std::string(role_settings_stamp) + role_settings_of(session::login_role_query);
    return sql;
}

}  // namespace pgweir::upstream

#include "session/survey.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "session/hub_messages.hpp"
#include "session/login_role.hpp"
#include "wire/backend.hpp"

namespace pgweir::session {

namespace {

using reason = metrics::pin_reason;

// SERIALIZABLE READ ONLY DEFERRABLE waits for the transactions of others.
constexpr std::string_view isolation = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; ";

// Asked as the client, with its role and its search_path: what is not qualified, operators too, it could replace by
// something of its own that hides what it leaves behind for the next one.
//
// The last row says that the answer is whole. In pg_settings only what SET can change counts: transaction_isolation and
// the like have the source of whoever set them last. What another server would not take again from who has logged in is
// kept where it is: what a role with more rights has set, and temp_buffers, which is refused behind the first temporary
// table that anybody has used there.
constexpr std::string_view role_part =
    "SELECT 'setting'::pg_catalog.text, 'role', pg_catalog.current_setting('role')"
    " UNION ALL SELECT CASE WHEN name OPERATOR(pg_catalog.=) 'temp_buffers'"
    " OR (context OPERATOR(pg_catalog.=) 'superuser' AND NOT ";
constexpr std::string_view settings_part =
    ") THEN 'kept' ELSE 'setting' END, name, setting FROM pg_catalog.pg_settings"
    " WHERE source OPERATOR(pg_catalog.=) 'session'"
    " AND name OPERATOR(pg_catalog.<>) ALL ('{transaction_isolation,transaction_read_only,transaction_deferrable}')";

// What the login may set itself: since PostgreSQL 15 not superusers alone.
std::string right_part(int version) {
    constexpr int parameter_rights = 15;
    if (version >= parameter_rights)
        return "pg_catalog.has_parameter_privilege((" + std::string(login_role_query) + "), name, 'SET')";
    return "EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolsuper AND r.oid OPERATOR(pg_catalog.=) (" +
           std::string(login_role_query) + "))";
}

struct look {
    reason found;
    std::string_view where;  // a row of it: there is some
};

constexpr std::array looks{
    // Everything in a schema depends on it.
    look{reason::temp_table,
         "pg_catalog.pg_depend WHERE refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass"
         " AND refobjid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()"},
    look{reason::with_hold_cursor, "pg_catalog.pg_cursors WHERE is_holdable"},
    look{reason::advisory_lock,
         "pg_catalog.pg_locks WHERE locktype OPERATOR(pg_catalog.=) 'advisory'"
         " AND pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()"},
    // Made by SQL, or by a client's message that was too large to be looked at. Our own have names of their own.
    look{reason::prepare,
         "pg_catalog.pg_prepared_statements WHERE from_sql"
         " OR name OPERATOR(pg_catalog.!~) '^pgweir_([0-9]+|gone)$'"},
};

// A block or a function may have done anything; and a table is temporary by a search_path that nobody could read. The
// locks of all sessions and all of a session's statements are much to look through.
bool is_looked_for(reason what, const pin_set& suspected) {
    const bool cheap = what != reason::advisory_lock && what != reason::prepare;
    return cheap || suspected.has(what) || suspected.has(reason::do_block) || suspected.has(reason::call) ||
           suspected.has(reason::routine);
}

}  // namespace

bool survey::can_see(reason which) noexcept {
    switch (which) {
        case reason::set:
        case reason::set_role:
        case reason::set_config:
        case reason::temp_table:
        case reason::with_hold_cursor:
        case reason::advisory_lock:
        case reason::listen:
        case reason::prepare:
        case reason::do_block:
        case reason::call:
        case reason::routine: return true;
        // What is in no catalog; and what may have given values to custom settings whose names nobody knows.
        case reason::setseed:
        case reason::load:
        case reason::discard:
        case reason::large_object:
        case reason::sequence:
        case reason::large_message:
        case reason::replication:
        case reason::other: break;
    }
    return false;
}

std::string survey::question(const pin_set& suspected, const std::set<std::string>& custom_names, bool read_only,
                             int version) {
    std::string sql(read_only ? isolation : std::string_view());
    sql.append(role_part).append(right_part(version)).append(settings_part);
    for (const std::string& name : custom_names) {
        sql += " UNION ALL SELECT 'setting', ";
        append_literal(sql, name);
        sql += ", pg_catalog.current_setting(";
        append_literal(sql, name);
        sql += ", true)";
    }
    for (const look& each : looks) {
        if (!is_looked_for(each.found, suspected)) continue;
        sql += " UNION ALL SELECT 'found', '";
        sql += metrics::name_of(each.found);
        sql += "', '' WHERE EXISTS (SELECT FROM ";
        sql += each.where;
        sql += ')';
    }
    sql += " UNION ALL SELECT 'channel', listened, '' FROM pg_catalog.pg_listening_channels() AS listened";
    sql += " UNION ALL SELECT 'complete', '', ''";
    return sql;
}

void survey::take_row(base::bytes_view body) {
    std::vector<std::optional<std::string_view>> values;
    if (complete_ || wire::decode_data_row(body, values) || values.size() != 3 || !values[0] || !values[1])
        return spoil();
    const std::string_view kind = *values[0];
    const std::string_view name = *values[1];
    if (kind == "complete") {
        complete_ = true;
    } else if (kind == "found") {
        if (const auto what = metrics::from_name<reason>(name)) found_.add(*what);
    } else if (kind == "channel") {
        if (hears_turns_ && name == turn_channel) return;  // it is about to go
        channels_.emplace(name);
        found_.add(reason::listen);
    } else if (kind == "setting" || kind == "kept") {
        if (kind == "kept") kept_.emplace_back(name);
        const bool no_role = name == "role" && values[2] == "none";
        if (values[2] && !no_role) settings_.emplace_back(name, *values[2]);
    } else {
        spoil();
    }
}

}  // namespace pgweir::session

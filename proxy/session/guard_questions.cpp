#include "session/guard_questions.hpp"

#include "session/parameters.hpp"

namespace pgweir::session {

namespace {

// A number that nobody else would take: the letters pgweir, and the protocol's version.
constexpr std::string_view lock_key = "('x7067776569720001'::pg_catalog.bit(64)::pg_catalog.int8)";
constexpr std::string_view lock_class = "1885828965";
constexpr std::string_view lock_object = "1769078785";
// pgws and pgwv; the second number is the store's.
constexpr std::string_view names_store_class = "1885828979";
constexpr std::string_view serves_class = "1885828982";

std::string call(std::string_view function) {
    return "SELECT pg_catalog." + std::string(function) + std::string(lock_key);
}

std::string call(std::string_view function, std::string_view lock, std::uint32_t store) {
    return "SELECT pg_catalog." + std::string(function) + "(" + std::string(lock) + ", " + std::to_string(store) + ")";
}

std::string is(std::string_view column, std::string_view value) {
    return std::string(column) + " OPERATOR(pg_catalog.=) " + std::string(value);
}

std::string is_lock(std::string_view lock, std::string_view object, std::string_view keys) {
    return is("classid", lock) + " AND " + is("objid", object) + " AND " + is("objsubid", keys);
}

// Advisory locks that somebody has in this database.
std::string held_locks() {
    return " FROM pg_catalog.pg_locks WHERE granted AND " + is("locktype", "'advisory'") +
           " AND database OPERATOR(pg_catalog.=) (SELECT oid FROM pg_catalog.pg_database WHERE " +
           is("datname", "pg_catalog.current_database()") + ")";
}

std::string others_serve_text(std::uint32_t store) {
    return "SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0" + held_locks() + " AND " +
           is("classid", serves_class) + " AND " + is("objsubid", "2") + " AND objid OPERATOR(pg_catalog.<>) " +
           std::to_string(store);
}

// In one look at the locks, or who has gone on between two would be seen as half of it.
std::string others_lend_text(std::uint32_t store) {
    return "SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 FROM (SELECT pid" + held_locks() +
           " GROUP BY pid HAVING pg_catalog.bool_or(" + is_lock(lock_class, lock_object, "1") +
           ") AND NOT pg_catalog.bool_or(" + is_lock(names_store_class, std::to_string(store), "2") + ")) AS strangers";
}

// A server that was started anew may have lost transactions, as may one that was a standby.
constexpr std::string_view which_database =
    "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.concat_ws(' ',"
    " (SELECT system_identifier FROM pg_catalog.pg_control_system()),"
    " pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.pg_postmaster_start_time()), 'YYYYMMDDHH24MISSUS'),"
    " (SELECT oid FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))";

}  // namespace

// Names are qualified: what is found by the search path somebody may have put there.
std::string guard_text(guard_question what, const guard_facts& with) {
    switch (what) {
        case guard_question::recovery: return std::string(which_database);
        case guard_question::take: return "LISTEN " + std::string(guard_channel) + "; " + call("pg_try_advisory_lock");
        case guard_question::notify: {
            std::string sql = "NOTIFY " + std::string(guard_channel) + ", ";
            append_literal(sql, with.greeting);
            return sql;
        }
        case guard_question::listen: return "LISTEN " + std::string(guard_channel);
        case guard_question::name: return call("pg_advisory_lock_shared", names_store_class, with.store);
        case guard_question::others_serve: return others_serve_text(with.store);
        case guard_question::serve: return call("pg_advisory_lock_shared", serves_class, with.store);
        case guard_question::others_lend: return others_lend_text(with.store);
        case guard_question::stop: return call("pg_advisory_unlock_shared", serves_class, with.store);
        case guard_question::share: return call("pg_advisory_lock_shared");
        case guard_question::yield: return call("pg_advisory_lock_shared") + "; " + call("pg_advisory_unlock");
        case guard_question::promote: return call("pg_try_advisory_lock");
        case guard_question::unshare: return call("pg_advisory_unlock_shared");
        case guard_question::busy:
            // Of other users pg_stat_activity hides what they do, but anybody sees the lock that each transaction has on
            // itself until others see what it has written. Autovacuum has no user.
            return "SELECT transaction.pid, transaction.virtualtransaction FROM pg_catalog.pg_locks AS transaction"
                   " JOIN pg_catalog.pg_stat_activity AS session ON session.pid OPERATOR(pg_catalog.=) transaction.pid"
                   " WHERE transaction.locktype OPERATOR(pg_catalog.=) 'virtualxid' AND transaction.granted"
                   " AND transaction.mode OPERATOR(pg_catalog.=) 'ExclusiveLock'"
                   " AND session.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
                   " AND session.usesysid IS NOT NULL"
                   " AND session.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()";
        case guard_question::processes: break;
    }
    std::string pids;
    for (const std::int32_t id : with.processes) pids += (pids.empty() ? "" : ",") + std::to_string(id);
    return "SELECT pid FROM pg_catalog.pg_stat_activity WHERE pid OPERATOR(pg_catalog.=) ANY ('{" + pids +
           "}'::pg_catalog.int4[])";
}

}  // namespace pgweir::session

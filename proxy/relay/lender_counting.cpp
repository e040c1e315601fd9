#include <charconv>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "relay/lender.hpp"

// How a worker asks PostgreSQL, on servers of the pools, how many places for connections it has.

namespace pgweir::relay {

namespace {

// Where the fewest are free counts: of the server as a whole, less what it keeps for superusers; of the role; of the
// database. Of others' connections a role without pg_read_all_stats sees no more than that they are there.
constexpr std::string_view count_query =
    "WITH session AS (SELECT datid, usesysid FROM pg_catalog.pg_stat_activity"
    " WHERE datid IS NOT NULL AND usesysid IS NOT NULL"
    " AND coalesce(backend_type, 'client backend') = 'client backend'),"
    " place(most, taken) AS ("
    "SELECT pg_catalog.current_setting('max_connections')::pg_catalog.int8"
    " - pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int8"
    " - coalesce(pg_catalog.current_setting('reserved_connections', true)::pg_catalog.int8, 0),"
    " (SELECT pg_catalog.count(*) FROM session) "
    "UNION ALL SELECT rolconnlimit, (SELECT pg_catalog.count(*) FROM session WHERE usesysid = r.oid)"
    " FROM pg_catalog.pg_roles r WHERE rolname = session_user AND rolconnlimit >= 0 "
    "UNION ALL SELECT datconnlimit, (SELECT pg_catalog.count(*) FROM session WHERE datid = d.oid)"
    " FROM pg_catalog.pg_database d WHERE datname = pg_catalog.current_database() AND datconnlimit >= 0) "
    "SELECT pg_catalog.min(most - taken) FROM place";

std::optional<std::int64_t> number_in(const question::answer& told) {
    if (told.how != session::inquiry::step::answered || told.rows.size() != 1 || told.rows[0].size() != 1)
        return std::nullopt;
    const std::string text = told.rows[0][0].value_or("");
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace

void lender::count_places(std::unique_ptr<upstream::server> server) {
    ask(std::move(server), count_query, [this](question::answer told) { counted(std::move(told)); });
}

void lender::counted(question::answer told) {
    shared_pool& pool = pool_of(*told.server);
    if (const auto free = number_in(told)) {
        const std::lock_guard lock(directory_.mutex());
        pool.servers.places_counted(*free, reactor_.now());
    }
    if (told.how == session::inquiry::step::broken)
        close(std::move(told.server), metrics::server_disconnect_reason::check_failed);
    else
        give_back(std::move(told.server));
}

}  // namespace pgweir::relay

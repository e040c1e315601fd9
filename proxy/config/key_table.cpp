#include "config/key_table.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "config/values.hpp"

namespace pgweir::config {

namespace {

using namespace std::chrono_literals;

template <class T>
void assign(T& target, const value& from) {
    if constexpr (std::is_enum_v<T> || std::is_integral_v<T>)
        target = static_cast<T>(std::get<std::uint64_t>(from));
    else
        target = std::get<T>(from);
}

template <class T>
value to_value(const T& from) {
    if constexpr (std::is_enum_v<T> || std::is_integral_v<T>)
        return static_cast<std::uint64_t>(from);
    else
        return from;
}

/// The field at the end of a chain of pointers to members, from the settings on.
template <auto... Steps>
constexpr field root{[](const scope& at, const value& from) { assign((*at.all.*....*Steps), from); },
                     [](const scope& at) { return to_value((*at.all.*....*Steps)); }};

/// The same, from the database on.
template <auto... Steps>
constexpr field in_database{[](const scope& at, const value& from) { assign((*at.database.*....*Steps), from); },
                            [](const scope& at) { return to_value((*at.database.*....*Steps)); }};

/// The same, from a rule of the cache on.
template <auto Step>
constexpr field in_rule{[](const scope& at, const value& from) { assign(at.rule->*Step, from); },
                        [](const scope& at) { return to_value(at.rule->*Step); }};

value unseen(const scope&) {
    return {};
}

constexpr field checked_only{[](const scope&, const value&) {}, unseen};

constexpr field version_field{[](const scope&, const value&) {}, [](const scope&) { return value(std::uint64_t{1}); }};

constexpr field user_secret{[](const scope& at, const value& from) { assign(at.user->secret, from); },
                            [](const scope& at) { return to_value(at.user->secret); }};
constexpr field user_secret_file{user_secret.store, unseen};

constexpr field upstream_password = in_database<&database::upstream, &upstream::settings::password>;
constexpr field upstream_password_file{upstream_password.store, unseen};

constexpr field upstream_text{[](const scope& at, const value& from) {
                                  const auto& given = std::get<conninfo>(from);
                                  upstream::settings& to = at.database->upstream;
                                  if (!given.host.empty()) to.host = given.host;
                                  if (given.port != 0) to.port = given.port;
                                  to.database = given.database;
                                  to.user = given.user;
                                  to.password = given.password;
                              },
                              unseen};

/// One value for the whole process, kept where the sessions of each database look. Last in the table, so that the
/// databases are there.
constexpr field slow_query{[](const scope& at, const value& from) {
                               for (auto& [name, database] : at.all->databases)
                                   assign(database.session.slow_query, from);
                           },
                           [](const scope& at) {
                               const auto& databases = at.all->databases;
                               return to_value(databases.empty() ? session::settings{}.slow_query
                                                                 : databases.begin()->second.session.slow_query);
                           }};

constexpr range counted(std::uint64_t least, std::uint64_t most) {
    return {least, most};
}

constexpr range timed(base::duration most) {
    return {static_cast<std::uint64_t>(base::duration(1ms).count()), static_cast<std::uint64_t>(most.count())};
}

constexpr range sized(std::uint64_t least, std::uint64_t most) {
    return {least, most};
}

constexpr std::uint64_t kibibyte = 1024;
constexpr std::uint64_t gibibyte = kibibyte * kibibyte * kibibyte;

constexpr range port_range = counted(1, 65535);
constexpr range server_range = counted(1, 10'000);
constexpr range client_range = counted(1, 1'000'000);
constexpr range up_to_an_hour = timed(1h);
constexpr range up_to_a_day = timed(24h);
constexpr range up_to_a_year = timed(24h * 365);

using choices = std::string_view;
constexpr std::array<choices, 4> methods{"trust", "password", "md5", "scram-sha-256"};
constexpr std::array<choices, 2> planned_methods{"cert", "hba"};
constexpr std::array<choices, 2> pool_modes{"session", "transaction"};
constexpr std::array<choices, 3> cache_modes{"off", "rules", "auto"};
constexpr std::array<choices, 2> cache_levels{"ttl", "fleet"};
constexpr std::array<choices, 1> planned_cache_levels{"database"};
constexpr std::array<choices, 3> cache_hints{"off", "narrow", "widen"};
constexpr std::array<choices, 2> cache_audiences{"one_user", "all_users"};
constexpr std::array<choices, 3> ssl_modes{"disable", "allow", "prefer"};
constexpr std::array<choices, 3> planned_ssl_modes{"require", "verify-ca", "verify-full"};
constexpr std::array<choices, 2> shutdown_modes{"service", "sidecar"};
constexpr std::array<choices, 4> log_levels{"debug", "info", "warning", "error"};
constexpr std::array<choices, 2> log_formats{"text", "json"};

constexpr bool or_off = true;
constexpr bool at_start_only = true;
constexpr bool or_zero = true;

using pool_settings = pool::settings;
using upstream_settings = upstream::settings;
using session_settings = session::settings;
using type = value_type;

// clang-format off
constexpr std::array table{
    key{"version", type::count, "1", "The form of this file.", version_field, counted(1, 1)},

    key{"listen.addresses", type::addresses, "[\"0.0.0.0:6432\"]",
        "Where clients connect: host:port, [v6]:port, or the absolute path of a directory for a unix socket.",
        root<&settings::listen, &net::listen_settings::addresses>, {}, false, {}, {}, at_start_only},
    key{"listen.max_clients", type::count, "10000", "Client connections of the whole process; further ones are refused.",
        root<&settings::listen, &net::listen_settings::max_clients>, client_range},
    key{"listen.login_timeout", type::duration, "15s", "A client that has not logged in by then is disconnected.",
        root<&settings::listen, &net::listen_settings::login_timeout>, up_to_an_hour},

    key{"admin.http", type::address, "127.0.0.1:9127", "Address of /metrics, /healthz and /readyz.",
        root<&settings::admin, &admin::http>, {}, or_off, {}, {}, at_start_only},
    key{"admin.socket", type::socket_path, "off",
        "A unix socket on which only the console is served, without a password, to root and the user that pgweir runs as.",
        root<&settings::admin, &admin::socket>, {}, or_off, {}, {}, at_start_only},
    key{"admin.console_users", type::names, "[]", "Users who may give commands on the console (the database pgweir).",
        root<&settings::admin, &admin::console_users>},
    key{"admin.stats_users", type::names, "[]", "Users who may look at the console but change nothing.",
        root<&settings::admin, &admin::stats_users>},

    key{"auth.method", type::choice, "scram-sha-256", "How a client proves who it is.",
        root<&settings::auth, &auth::settings::method>, {}, false, methods, planned_methods},
    key{"auth.users.<name>.password", type::secret, "",
        "The user's password, or its verifier as pg_authid holds it (SCRAM-SHA-256$... or md5...).", user_secret},
    key{"auth.users.<name>.password_file", type::secret_file, "", "File that holds the password instead.", user_secret_file},
    key{"auth.allow_trust_from", type::networks, "[]",
        "Networks from which method trust is accepted beside loopback and unix sockets.",
        root<&settings::auth, &auth::settings::allow_trust_from>},

    key{"databases.<name>.upstream", type::upstream, "",
        "The PostgreSQL server: a connection URL, keyword=value text, or a map of the keys below. "
        "With a user all clients work as that user, without one each works under its own name.", upstream_text},
    key{"databases.<name>.upstream.host", type::host, "localhost", "Name, numeric address, or directory of a unix socket.",
        in_database<&database::upstream, &upstream_settings::host>},
    key{"databases.<name>.upstream.port", type::count, "5432", "TCP port, or the number in the unix socket's name.",
        in_database<&database::upstream, &upstream_settings::port>, port_range},
    key{"databases.<name>.upstream.user", type::text, "", "User at the server; none: each client's own.",
        in_database<&database::upstream, &upstream_settings::user>},
    key{"databases.<name>.upstream.password", type::secret, "", "Password of that user.", upstream_password},
    key{"databases.<name>.upstream.password_file", type::secret_file, "", "File that holds the password instead.",
        upstream_password_file},
    key{"databases.<name>.upstream.database", type::text, "", "Database at the server; none: the name the client asked for.",
        in_database<&database::upstream, &upstream_settings::database>},
    key{"databases.<name>.upstream.sslmode", type::choice, "prefer",
        "As in libpq. TLS to the server is not available in this version: all of these connect without.",
        checked_only, {}, false, ssl_modes, planned_ssl_modes},

    key{"databases.<name>.pool.mode", type::choice, "transaction", "How long a client keeps a server connection.",
        in_database<&database::pool, &pool_settings::mode>, {}, false, pool_modes, {}, at_start_only},
    key{"databases.<name>.pool.size", type::count, "20", "Server connections of one pool (a database and a server user).",
        in_database<&database::pool, &pool_settings::size>, server_range},
    key{"databases.<name>.pool.min_idle", type::count, "0", "Connections kept open while anybody uses the pool.",
        in_database<&database::pool, &pool_settings::min_idle>, counted(0, 10'000)},
    key{"databases.<name>.pool.connect_burst", type::count, "4", "Connections being opened at once.",
        in_database<&database::pool, &pool_settings::connect_burst>, counted(1, 1000)},
    key{"databases.<name>.pool.reserve.size", type::count, "0", "Connections beyond pool.size for clients that wait long.",
        in_database<&database::pool, &pool_settings::reserve_size>, counted(0, 10'000)},
    key{"databases.<name>.pool.reserve.after", type::duration, "5s", "How long a client waits before the reserve is used.",
        in_database<&database::pool, &pool_settings::reserve_after>, up_to_an_hour},
    key{"databases.<name>.pool.queue.max_wait", type::duration, "30s", "A client that waits longer gets an error.",
        in_database<&database::pool, &pool_settings::queue_max_wait>, up_to_a_day, or_off},
    key{"databases.<name>.pool.queue.max_length", type::count, "10000", "Clients that may wait; one more gets an error at once.",
        in_database<&database::pool, &pool_settings::queue_max_length>, client_range},

    key{"databases.<name>.server.lifetime", type::duration, "1h", "A server connection older than this is closed when idle.",
        in_database<&database::pool, &pool_settings::server_lifetime>, up_to_a_year, or_off},
    key{"databases.<name>.server.idle_timeout", type::duration, "10m", "A server connection unused for this long is closed.",
        in_database<&database::pool, &pool_settings::server_idle_timeout>, up_to_a_year, or_off},
    key{"databases.<name>.server.connect_timeout", type::duration, "5s", "For TCP, login and first questions together.",
        in_database<&database::upstream, &upstream_settings::connect_timeout>, up_to_an_hour},
    key{"databases.<name>.server.check_after", type::duration, "30s",
        "A connection unused for this long is probed before it is lent.",
        in_database<&database::pool, &pool_settings::server_check_after>, up_to_a_year, or_off},
    key{"databases.<name>.server.max_prepared", type::count, "200",
        "Prepared statements kept on one server connection; the least recently used is closed first.",
        in_database<&database::session, &session_settings::max_prepared>, counted(1, 100'000)},

    key{"databases.<name>.limits.servers", type::count, "off", "Server connections of all pools of the database together.",
        in_database<&database::pool, &pool_settings::max_servers>, server_range, or_off},
    key{"databases.<name>.limits.pinned", type::count, "off",
        "Clients of one pool that may keep their server between transactions (\"What pins\" in README.md); one more is ended.",
        in_database<&database::pool, &pool_settings::max_pinned>, server_range, or_off},
    key{"databases.<name>.limits.clients", type::count, "off", "Clients of the database.",
        in_database<&database::session, &session_settings::max_clients>, client_range, or_off},
    key{"databases.<name>.limits.clients_per_user", type::count, "off", "Clients of the database with one user name.",
        in_database<&database::session, &session_settings::max_clients_per_user>, client_range, or_off},
    key{"databases.<name>.limits.clients_per_address", type::count, "off", "Clients of the database from one address.",
        in_database<&database::session, &session_settings::max_clients_per_address>, client_range, or_off},

    key{"databases.<name>.timeouts.query", type::duration, "off", "A statement that runs longer is cancelled.",
        in_database<&database::session, &session_settings::query_timeout>, up_to_a_year, or_off},
    key{"databases.<name>.timeouts.transaction", type::duration, "off", "A transaction that lasts longer is ended.",
        in_database<&database::session, &session_settings::transaction_timeout>, up_to_a_year, or_off},
    key{"databases.<name>.timeouts.idle_in_transaction", type::duration, "off",
        "A client that leaves its transaction idle for longer is disconnected.",
        in_database<&database::session, &session_settings::idle_in_transaction_timeout>, up_to_a_year, or_off},
    key{"databases.<name>.timeouts.client_idle", type::duration, "off", "A client that is idle for longer is disconnected.",
        in_database<&database::session, &session_settings::client_idle_timeout>, up_to_a_year, or_off},

    key{"cache.mode", type::choice, "off",
        "Which reads are answered from the result cache: none, those that a rule names, or also those that are asked for often enough.",
        root<&settings::cache, &cache::settings::mode>, {}, false, cache_modes, {}, at_start_only},
    key{"cache.ttl", type::duration, "1m",
        "A reply that no rule is about is kept for this long at most: by then a change is seen that did not come through pgweir.",
        root<&settings::cache, &cache::settings::ttl>, up_to_a_day, false, {}, {}, at_start_only},
    key{"cache.consistency", type::choice, "fleet",
        "What is promised of a reply: no older than its ttl, or as new as every write through any pgweir that shares the cache.",
        root<&settings::cache, &cache::settings::consistency>, {}, false, cache_levels, planned_cache_levels, at_start_only},
    key{"cache.largest_reply", type::size, "1MiB", "A larger reply is not kept.",
        root<&settings::cache, &cache::settings::largest_reply>, sized(kibibyte, gibibyte), false, {}, {}, at_start_only},
    key{"cache.wait", type::duration, "5s",
        "A client that asks for what a server executes for another client already waits so long for that reply.",
        root<&settings::cache, &cache::settings::wait>, up_to_an_hour, false, {}, {}, at_start_only},
    key{"cache.hints", type::choice, "narrow",
        "What a comment in front of a statement may ask for, as /* pgweir: ttl=30s */, no-cache or refresh: nothing, less caching, or also a longer ttl, and what no rule is about.",
        root<&settings::cache, &cache::settings::hints>, {}, false, cache_hints, {}, at_start_only},
    key{"cache.audit", type::share, "off",
        "This share of the hits is executed and compared with what is kept; what differs switches its rule off until the next start.",
        root<&settings::cache, &cache::settings::audit>, counted(1, 1'000'000'000), or_off, {}, {}, at_start_only},
    key{"cache.memory.size", type::size, "64MiB", "For replies in the memory of the process, of each database.",
        root<&settings::cache, &cache::settings::memory_size>, sized(64 * kibibyte, 1024 * gibibyte), false, {}, {},
        at_start_only},
    key{"cache.memory.max_age", type::duration, "off",
        "With a Redis: a reply that was compared with it so short a time ago is served without asking again, so that writes through other pgweir may be seen so much later.",
        root<&settings::cache, &cache::settings::memory_max_age>, up_to_an_hour, or_off, {}, {}, at_start_only,
        or_zero},
    key{"cache.redis.url", type::secret, "",
        "A Redis that all pgweir of the database share, so that each sees what the others write: redis://[user[:password]@]host[:port][/db] or unix://[user[:password]@]/path[?db=n]. None: only one pgweir at a time may cache.",
        root<&settings::cache, &cache::settings::redis, &cache::redis_settings::url>, {}, false, {}, {}, at_start_only},
    key{"cache.redis.timeout", type::duration, "50ms",
        "Redis is given up when it takes longer to answer, until it can be connected to again.",
        root<&settings::cache, &cache::settings::redis, &cache::redis_settings::timeout>, up_to_an_hour, false, {}, {}, at_start_only},
    key{"cache.rules.<name>.tables", type::names, "[]",
        "Statements that read one of these, as `table` or `schema.table`; none: all. Of several rules the first that matches counts.",
        in_rule<&cache::rule::tables>, {}, false, {}, {}, at_start_only},
    key{"cache.rules.<name>.users", type::names, "[]", "Statements of these users; none: of all.",
        in_rule<&cache::rule::users>, {}, false, {}, {}, at_start_only},
    key{"cache.rules.<name>.databases", type::names, "[]", "Statements in these databases; none: in all.",
        in_rule<&cache::rule::databases>, {}, false, {}, {}, at_start_only},
    key{"cache.rules.<name>.pattern", type::pattern, "\"*\"", "Texts like this, without case and comments; * stands for anything.",
        in_rule<&cache::rule::pattern>, {}, false, {}, {}, at_start_only},
    key{"cache.rules.<name>.ttl", type::duration, "5m", "How long such replies are kept; off: not at all.",
        in_rule<&cache::rule::ttl>, up_to_a_day, or_off, {}, {}, at_start_only},
    key{"cache.rules.<name>.consistency", type::choice, "", "What is promised of them; none: as cache.consistency says.",
        in_rule<&cache::rule::consistency>, {}, false, cache_levels, planned_cache_levels, at_start_only},
    key{"cache.rules.<name>.stale_while_revalidate", type::duration, "off",
        "Once too old, or outdated by a write, they are served for so long yet while somebody has a new one made.",
        in_rule<&cache::rule::stale>, up_to_a_day, or_off, {}, {}, at_start_only},
    key{"cache.rules.<name>.largest_reply", type::size, "off", "A larger one is not kept; off: cache.largest_reply says.",
        in_rule<&cache::rule::largest_reply>, sized(kibibyte, gibibyte), or_off, {}, {}, at_start_only},
    key{"cache.rules.<name>.shared_by", type::choice, "one_user",
        "Whom such a reply is kept for: who has asked, or all users to whom the server has answered such a statement since rights changed. Not with consistency: ttl or stale_while_revalidate.",
        in_rule<&cache::rule::shared_by>, {}, false, cache_audiences, {}, at_start_only},

    key{"workers", type::count, "1", "Threads that serve clients. One serves tens of thousands of queries a second.",
        root<&settings::workers>, counted(1, 64), false, {}, {}, at_start_only},

    key{"shutdown.mode", type::choice, "service",
        "On SIGTERM a service stops accepting and drains; a sidecar goes on accepting until its clients have gone.",
        root<&settings::shutdown, &shutdown::mode>, {}, false, shutdown_modes},
    key{"shutdown.grace", type::duration, "30s", "What has not ended by then is cut off.",
        root<&settings::shutdown, &shutdown::grace>, up_to_a_day},

    key{"log.level", type::choice, "info", "The least important message that is logged.",
        root<&settings::log, &log::level>, {}, false, log_levels},
    key{"log.format", type::choice, "text", "One line for each event, as text or as JSON.",
        root<&settings::log, &log::format>, {}, false, log_formats, {}, at_start_only},
    key{"log.slow_query", type::duration, "500ms", "A statement that takes longer is logged.", slow_query, up_to_a_day, or_off},
};

constexpr std::array planned{
    planned_key{"listen.tls", "TLS for clients"},
    planned_key{"auth.query", "secrets read from the database"},
    planned_key{"auth.users_file", "users in a file of their own"},
    planned_key{"auth.hba_file", "rules as in pg_hba.conf"},
    planned_key{"databases.<name>.upstream.sslrootcert", "TLS to the server"},
    planned_key{"databases.<name>.upstream.sslcert", "TLS to the server"},
    planned_key{"databases.<name>.upstream.sslkey", "TLS to the server"},
    planned_key{"databases.<name>.cache", "a cache of a database's own"},
};
// clang-format on

/// The rest of `path` behind `prefix.`, or an empty view.
std::string_view below(std::string_view path, std::string_view prefix) {
    if (prefix.empty()) return path;
    if (path.size() <= prefix.size() || path.substr(0, prefix.size()) != prefix || path[prefix.size()] != '.')
        return {};
    return path.substr(prefix.size() + 1);
}

}  // namespace

std::string format_number(value_type type, std::uint64_t number) {
    if (type == value_type::duration) return format_duration(base::duration(static_cast<std::int64_t>(number)));
    if (type == value_type::share) return "1/" + std::to_string(number);
    return type == value_type::size ? format_size(number) : std::to_string(number);
}

std::span<const key> key_table() {
    return table;
}

std::span<const planned_key> planned_keys() {
    return planned;
}

const key* find_key(std::string_view pattern) {
    const auto found = std::find_if(table.begin(), table.end(), [&](const key& each) { return each.path == pattern; });
    return found == table.end() ? nullptr : &*found;
}

const planned_key* find_planned_key(std::string_view pattern) {
    const auto found =
        std::find_if(planned.begin(), planned.end(), [&](const planned_key& each) { return each.path == pattern; });
    return found == planned.end() ? nullptr : &*found;
}

std::vector<std::string_view> children_of(std::string_view pattern) {
    std::vector<std::string_view> parts;
    for (const key& each : table) {
        const std::string_view rest = below(each.path, pattern);
        const std::string_view part = rest.substr(0, rest.find('.'));
        if (!part.empty() && std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(part);
    }
    return parts;
}

std::string extend(std::string_view pattern, std::string_view part) {
    std::string longer(pattern);
    if (!longer.empty()) longer += '.';
    return longer.append(part);
}

}  // namespace pgweir::config

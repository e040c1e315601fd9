#include "admin/show.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "admin/version.hpp"
#include "relay/shared_pool.hpp"

namespace pgweir::admin {

namespace {

using cell = std::optional<std::string>;
using metrics::client_state;
constexpr auto number = result_table::type::number;

std::string text_of(std::uint64_t value) {
    return std::to_string(value);
}

std::uint64_t microseconds(base::duration time) {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

std::string hexadecimal(std::uint64_t id) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "0x";
    for (int shift = 60; shift >= 0; shift -= 4) text += digits[id >> shift & 15U];
    return text;
}

result_table show_pools(const proxy_state& state) {
    result_table table({{"database"},
                        {"user"},
                        {"cl_active", number},
                        {"cl_waiting", number},
                        {"cl_active_cancel_req", number},
                        {"cl_waiting_cancel_req", number},
                        {"sv_active", number},
                        {"sv_active_cancel", number},
                        {"sv_being_canceled", number},
                        {"sv_idle", number},
                        {"sv_used", number},
                        {"sv_tested", number},
                        {"sv_login", number},
                        {"maxwait", number},
                        {"maxwait_us", number},
                        {"pool_mode"},
                        {"load_balance_hosts"},
                        {"size", number},
                        {"effective_size", number}});
    for (const pool_view& pool : state.pools) {
        std::uint64_t active = 0;
        for (const relay::client_view& client : state.clients)
            active += client.pool == pool.pool && client.state != client_state::waiting && !client.leaving ? 1U : 0U;
        const auto wait = microseconds(pool.servers.oldest_wait);
        table.add({pool.database, pool.user, text_of(active), text_of(pool.servers.waiting), text_of(0), text_of(0),
                   text_of(pool.servers.lent), text_of(pool.servers.cancels), text_of(pool.servers.limbo),
                   text_of(pool.servers.idle), text_of(0), text_of(0), text_of(pool.servers.connecting),
                   text_of(wait / 1000000), text_of(wait % 1000000), pool.mode, cell(), text_of(pool.servers.size),
                   text_of(pool.servers.effective_size)});
    }
    return table;
}

std::vector<result_table::column> connection_columns() {
    return {{"type"},
            {"user"},
            {"database"},
            {"state"},
            {"addr"},
            {"port", number},
            {"connect_seconds", number},
            {"wait", number},
            {"wait_us", number},
            {"ptr"},
            {"link"},
            {"remote_pid", number},
            {"application_name"},
            {"prepared_statements", number},
            {"pins"},
            {"id", number}};
}

result_table show_clients(const proxy_state& state) {
    result_table table(connection_columns());
    for (const relay::client_view& client : state.clients) {
        const auto wait = microseconds(client.waiting_for);
        table.add({"C", client.user, client.database,
                   std::string(client.leaving ? "leaving" : metrics::name_of(client.state)), client.address,
                   text_of(client.port), text_of(microseconds(client.connected_for) / 1000000), text_of(wait / 1000000),
                   text_of(wait % 1000000), hexadecimal(client.id),
                   client.server_id == 0 ? "" : hexadecimal(client.server_id), std::to_string(client.server_process_id),
                   client.application_name, text_of(client.statements), client.pins.names(), text_of(client.id)});
    }
    return table;
}

result_table show_servers(const proxy_state& state) {
    result_table table(connection_columns());
    for (const relay::client_view& client : state.clients) {
        if (client.server_id == 0) continue;
        const auto pool = std::find_if(state.pools.begin(), state.pools.end(),
                                       [&](const pool_view& each) { return each.pool == client.pool; });
        const bool known = pool != state.pools.end();
        table.add({"S", known ? pool->user : "", known ? pool->database : "",
                   client.server_in_transaction ? "active"
                   : client.pins.any()          ? "pinned"
                                                : "active",
                   "", text_of(0), text_of(0), text_of(0), text_of(0), hexadecimal(client.server_id),
                   hexadecimal(client.id), std::to_string(client.server_process_id), client.application_name,
                   text_of(client.server_statements), client.pins.names(), text_of(client.server_id)});
    }
    for (const pool_view& pool : state.pools) {
        for (const relay::idle_server_view& server : pool.idle) {
            table.add({"S", pool.user, pool.database, "idle", server.address, text_of(0),
                       text_of(microseconds(server.open_for) / 1000000), text_of(0), text_of(0), hexadecimal(server.id),
                       "", std::to_string(server.process_id), "", text_of(0), "", text_of(server.id)});
        }
    }
    return table;
}

result_table show_stats(const proxy_state& state) {
    result_table table({{"database"},
                        {"total_server_assignment_count", number},
                        {"total_xact_count", number},
                        {"total_query_count", number},
                        {"total_received", number},
                        {"total_sent", number},
                        {"total_xact_time", number},
                        {"total_query_time", number},
                        {"total_wait_time", number},
                        {"total_client_parse_count", number},
                        {"total_server_parse_count", number},
                        {"total_bind_count", number},
                        {"total_client_login_count", number}});
    std::map<std::string, std::array<std::uint64_t, 12>> by_database;
    for (const pool_view& pool : state.pools) {
        const auto& c = pool.counters;
        const std::array<std::uint64_t, 12> values{c.server_assignments,
                                                   c.transactions,
                                                   c.queries,
                                                   c.bytes_from_client,
                                                   c.bytes_to_client,
                                                   c.transaction_nanoseconds / 1000,
                                                   c.query_nanoseconds / 1000,
                                                   c.wait_nanoseconds / 1000,
                                                   c.client_parses,
                                                   c.server_parses,
                                                   c.binds,
                                                   c.logins};
        auto& sum = by_database[pool.database];
        for (std::size_t i = 0; i < values.size(); ++i) sum[i] += values[i];
    }
    for (const auto& [database, values] : by_database) {
        std::vector<cell> row{database};
        for (const std::uint64_t value : values) row.emplace_back(text_of(value));
        table.add(std::move(row));
    }
    return table;
}

result_table show_state(const proxy_state& state) {
    std::uint64_t in_use = 0, waiting = 0, connecting = 0, limbo = 0, handoffs = 0, cancels = 0;
    for (const pool_view& pool : state.pools) {
        in_use += pool.servers.lent;
        waiting += pool.servers.waiting;
        connecting += pool.servers.connecting;
        limbo += pool.servers.limbo;
        handoffs += pool.servers.handoffs;
        cancels += pool.servers.cancels;
    }
    std::uint64_t pending = 0, pins = 0, gates = 0, leaving = 0, logins = 0;
    for (const relay::client_view& client : state.clients) {
        pending += client.pending;
        gates += client.gates;
        pins += client.pins.any() ? 1U : 0U;
        leaving += client.leaving ? 1U : 0U;
        logins += client.state == client_state::login && !client.leaving ? 1U : 0U;
    }
    result_table table({{"name"}, {"value", number}});
    for (const auto& [name, value] : {std::pair{"in_use", in_use},
                                      {"waiting", waiting},
                                      {"pending", pending},
                                      {"pins", pins},
                                      {"gates", gates},
                                      {"handoffs", handoffs},
                                      {"limbo", limbo},
                                      {"cancels", cancels + state.cancelling},
                                      {"connecting", connecting},
                                      {"logins", logins},
                                      {"leaving", leaving}})
        table.add({name, text_of(value)});
    return table;
}

result_table show_version(const proxy_state&) {
    result_table table({{"version"}});
    table.add({"pgweir " + std::string(version())});
    return table;
}

result_table show_help(const proxy_state&);

struct subject {
    std::string_view name;
    std::string_view meaning;
    result_table (*make)(const proxy_state&);
};

constexpr std::array subjects{
    subject{"pools", "clients and servers of each pool", show_pools},
    subject{"clients", "every client connection, and why it is pinned", show_clients},
    subject{"servers", "every server connection", show_servers},
    subject{"stats", "totals of each database since the start", show_stats},
    subject{"state", "what is under way: all zero at rest", show_state},
    subject{"version", "the version of pgweir", show_version},
    subject{"help", "this list", show_help},
};

result_table show_help(const proxy_state&) {
    result_table table({{"command"}, {"meaning"}});
    for (const subject& each : subjects) {
        std::string upper(each.name);
        for (char& c : upper) c = static_cast<char>(c - 'a' + 'A');
        table.add({"SHOW " + upper, std::string(each.meaning)});
    }
    return table;
}

const subject* find_subject(std::string_view what) {
    const auto found =
        std::find_if(subjects.begin(), subjects.end(), [&](const subject& each) { return each.name == what; });
    return found == subjects.end() ? nullptr : &*found;
}

}  // namespace

bool can_show(std::string_view what) {
    return find_subject(what) != nullptr;
}

result_table show(std::string_view what, const proxy_state& state) {
    return find_subject(what)->make(state);
}

}  // namespace pgweir::admin

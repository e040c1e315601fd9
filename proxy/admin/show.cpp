#include "admin/show.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "admin/show_cache.hpp"
#include "admin/show_connections.hpp"
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

result_table show_stats(const proxy_state& state) {
    std::vector<std::string> names;
    const auto each_item = [](auto&& apply) {
        for (std::size_t i = 0; i < database_stats::item_count; ++i) apply(static_cast<database_stats::item>(i));
    };
    each_item([&](database_stats::item i) { names.push_back("total_" + std::string(total_name(i))); });
    each_item([&](database_stats::item i) { names.push_back("avg_" + std::string(average_name(i))); });
    std::vector<result_table::column> columns{{"database"}};
    for (const std::string& name : names) columns.push_back({name, number});
    result_table table(std::move(columns));
    for (const auto& [database, totals] : totals_of(state.pools)) {
        std::vector<cell> row{database};
        for (const std::uint64_t value : totals.values) row.emplace_back(text_of(value));
        const auto average = state.averages.find(database);
        for (std::size_t i = 0; i < database_stats::item_count; ++i)
            row.emplace_back(text_of(average == state.averages.end() ? 0 : average->second.values[i]));
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
    std::uint64_t cache_flights = 0, cache_waiting = 0, cache_marks = 0, cache_in_doubt = 0, cache_held_back = 0;
    for (const metrics::cache_snapshot& cache : state.caches) {
        cache_flights += cache.flights;
        cache_waiting += cache.waiting;
        cache_marks += cache.marks;
        cache_in_doubt += cache.in_doubt;
        cache_held_back += cache.held_back;
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
                                      {"leaving", leaving},
                                      {"cache_flights", cache_flights},
                                      {"cache_waiting", cache_waiting},
                                      {"cache_marks", cache_marks},
                                      {"cache_in_doubt", cache_in_doubt},
                                      {"cache_held_back", cache_held_back}})
        table.add({name, text_of(value)});
    return table;
}

result_table show_version(const proxy_state&) {
    result_table table({{"version"}});
    table.add({"pgweir " + std::string(version())});
    return table;
}

constexpr std::array subjects{
    show_subject{"pools", "clients and servers of each pool", show_pools},
    show_subject{"clients", "every client connection, and why it is pinned", show_clients},
    show_subject{"servers", "every server connection", show_servers},
    show_subject{"stats", "totals of each database since the start, averages of the last minute", show_stats},
    show_subject{"state", "what is under way: all zero at rest", show_state},
    show_subject{"cache", "the result cache of each database: whether it serves, what it holds and saves", show_cache},
    show_subject{"version", "the version of pgweir", show_version},
};

}  // namespace

stats_by_database totals_of(const std::vector<pool_view>& pools) {
    stats_by_database sums;
    for (const pool_view& pool : pools) sums[pool.database].add(pool.counters);
    return sums;
}

std::span<const show_subject> show_subjects() {
    return subjects;
}

result_table show_help(const std::vector<console_command>& commands) {
    result_table table({{"command"}, {"meaning"}});
    for (const console_command& each : commands) {
        if (each.meaning.empty()) continue;
        table.add({each.title(), each.meaning});
    }
    return table;
}

}  // namespace pgweir::admin

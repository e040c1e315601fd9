#include "admin/show_connections.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <string>
#include <utility>

#include "metrics/labels.hpp"

namespace pgweir::admin {

namespace {

constexpr auto number = result_table::type::number;

result_table table_of_connections() {
    return result_table({{"type"},
                         {"user"},
                         {"database"},
                         {"replication"},
                         {"state"},
                         {"addr"},
                         {"port", number},
                         {"local_addr"},
                         {"local_port", number},
                         {"connect_time"},
                         {"request_time"},
                         {"wait", number},
                         {"wait_us", number},
                         {"close_needed", number},
                         {"ptr"},
                         {"link"},
                         {"remote_pid", number},
                         {"tls"},
                         {"application_name"},
                         {"prepared_statements", number},
                         {"id", number},
                         {"pins"}});
}

/// One row, so that clients and servers cannot differ in their columns.
struct connection {
    std::string_view type;
    std::string user, database;
    std::string_view replication = "none";
    std::string state;
    relay::endpoint_view remote, local;
    base::duration connected_for{};
    base::duration quiet_for{};
    base::duration waiting_for{};
    std::uint64_t id = 0;
    std::uint64_t linked_to = 0;  ///< 0: to nobody
    std::int32_t process_id = 0;
    std::string application_name;
    std::size_t statements = 0;
    std::string pins;
};

std::string moment(base::duration ago) {
    const auto then = std::chrono::system_clock::now() - std::chrono::duration_cast<std::chrono::microseconds>(ago);
    const std::time_t seconds = std::chrono::system_clock::to_time_t(then);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, sizeof("2000-01-01 00:00:00 UTC")> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts)};
}

std::string pointer(std::uint64_t id) {
    if (id == 0) return "";
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "0x";
    for (int shift = 60; shift >= 0; shift -= 4) text += digits[id >> shift & 15U];
    return text;
}

void add(result_table& table, const connection& row) {
    const auto waited = std::chrono::duration_cast<std::chrono::microseconds>(row.waiting_for).count();
    table.add({std::string(row.type),
               row.user,
               row.database,
               std::string(row.replication),
               row.state,
               row.remote.address,
               std::to_string(row.remote.port),
               row.local.address,
               std::to_string(row.local.port),
               moment(row.connected_for),
               moment(row.quiet_for),
               std::to_string(waited / 1000000),
               std::to_string(waited % 1000000),
               "0",
               pointer(row.id),
               pointer(row.linked_to),
               std::to_string(row.process_id),
               "",
               row.application_name,
               std::to_string(row.statements),
               std::to_string(row.id),
               row.pins});
}

connection row_of(const relay::server_view& server, const pool_view* pool) {
    return {.type = "S",
            .user = pool == nullptr ? "" : pool->user,
            .database = pool == nullptr ? "" : pool->database,
            .state = "idle",
            .remote = server.remote,
            .local = server.local,
            .connected_for = server.open_for,
            .quiet_for = server.idle_for,
            .id = server.id,
            .process_id = server.process_id,
            .application_name = "",
            .statements = server.statements,
            .pins = ""};
}

}  // namespace

result_table show_clients(const proxy_state& state) {
    result_table table = table_of_connections();
    for (const relay::client_view& client : state.clients) {
        add(table, {.type = "C",
                    .user = client.user,
                    .database = client.database,
                    .replication = client.replication,
                    .state = std::string(client.leaving ? "leaving" : metrics::name_of(client.state)),
                    .remote = client.remote,
                    .local = client.local,
                    .connected_for = client.connected_for,
                    .quiet_for = client.quiet_for,
                    .waiting_for = client.waiting_for,
                    .id = client.id,
                    .linked_to = client.server.id,
                    .process_id = client.server.process_id,
                    .application_name = client.application_name,
                    .statements = client.statements,
                    .pins = client.pins.names()});
    }
    return table;
}

result_table show_servers(const proxy_state& state) {
    result_table table = table_of_connections();
    for (const relay::client_view& client : state.clients) {
        if (client.server.id == 0) continue;
        const auto pool = std::find_if(state.pools.begin(), state.pools.end(),
                                       [&](const pool_view& each) { return each.pool == client.pool; });
        connection row = row_of(client.server, pool == state.pools.end() ? nullptr : &*pool);
        row.state = client.pins.any() && !client.server.in_transaction ? "pinned" : "active";
        row.quiet_for = client.quiet_for;
        row.linked_to = client.id;
        row.application_name = client.application_name;
        row.pins = client.pins.names();
        add(table, row);
    }
    for (const pool_view& pool : state.pools) {
        for (const relay::server_view& server : pool.idle) add(table, row_of(server, &pool));
    }
    return table;
}

}  // namespace pgweir::admin

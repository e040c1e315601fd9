#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "metrics/enum_array.hpp"

namespace pgweir::metrics {

/// How a client's request for a server ended.
enum class checkout_result : std::uint8_t { immediate, waited, timeout, cancelled, rejected };

template <>
struct label_traits<checkout_result> {
    static constexpr std::string_view label = "result";
    static constexpr std::array<std::string_view, 5> values{"immediate", "waited", "timeout", "cancelled", "rejected"};
};

/// What a server that is lent to a client spends its time on.
enum class held_phase : std::uint8_t {
    executing,            ///< waiting for PostgreSQL
    idle_in_transaction,  ///< waiting for the application
    client_stalled,       ///< the client does not read its result
    setup,                ///< session state, statements prepared again, reset
};

template <>
struct label_traits<held_phase> {
    static constexpr std::string_view label = "phase";
    static constexpr std::array<std::string_view, 4> values{"executing", "idle_in_transaction", "client_stalled",
                                                            "setup"};
};

enum class server_connect_result : std::uint8_t {
    ok,
    unreachable,  ///< no address, no route, connection refused or reset
    refused,      ///< the server has no room: 53300, or a role's or database's connection limit
    rejected,     ///< the server said no for another reason, such as a wrong password
    timeout,
};

template <>
struct label_traits<server_connect_result> {
    static constexpr std::string_view label = "result";
    static constexpr std::array<std::string_view, 5> values{"ok", "unreachable", "refused", "rejected", "timeout"};
};

enum class server_disconnect_reason : std::uint8_t {
    idle_timeout,
    lifetime,
    lost,                 ///< closed by the other side
    dirty,                ///< an idle server said something nobody asked for
    reset_failed,         ///< DISCARD ALL or ROLLBACK
    uncleanable,          ///< its client left in it what no DISCARD ALL ends
    client_left_midway,   ///< half a message was sent
    protocol_error,
    shutdown,
    reconfigured,         ///< a reload changed where or how its pool connects
    surplus,              ///< more than the pool may have, or another pool of the database needs its place
    check_failed,         ///< the probe before lending
    state_failed,         ///< session state could not be applied
};

template <>
struct label_traits<server_disconnect_reason> {
    static constexpr std::string_view label = "reason";
    static constexpr std::array<std::string_view, 13> values{
        "idle_timeout",   "lifetime", "lost",         "dirty",   "reset_failed", "uncleanable",  "client_left_midway",
        "protocol_error", "shutdown", "reconfigured", "surplus", "check_failed", "state_failed",
    };
};

/// What the use of a prepared statement cost.
enum class prepared_result : std::uint8_t {
    hit,         ///< the server had it
    reprepared,  ///< the server had to be given it first
    evicted,     ///< another one had to leave the server for it
};

template <>
struct label_traits<prepared_result> {
    static constexpr std::string_view label = "result";
    static constexpr std::array<std::string_view, 3> values{"hit", "reprepared", "evicted"};
};

/// Whose fault an error is.
enum class error_source : std::uint8_t { server, client, proxy };

template <>
struct label_traits<error_source> {
    static constexpr std::string_view label = "source";
    static constexpr std::array<std::string_view, 3> values{"server", "client", "proxy"};
};

enum class client_connect_result : std::uint8_t {
    ok,
    auth_failed,
    rejected,  ///< by a limit: see rejection_reason
    protocol_error,
    timeout,
    cancel_request,
    abandoned,  ///< the client left during its login
};

template <>
struct label_traits<client_connect_result> {
    static constexpr std::string_view label = "result";
    static constexpr std::array<std::string_view, 7> values{
        "ok", "auth_failed", "rejected", "protocol_error", "timeout", "cancel_request", "abandoned",
    };
};

enum class rejection_reason : std::uint8_t {
    max_clients,
    database_clients,
    user_clients,
    address_clients,
    logins_in_progress,
    shutting_down,
    descriptors,
};

template <>
struct label_traits<rejection_reason> {
    static constexpr std::string_view label = "reason";
    static constexpr std::array<std::string_view, 7> values{
        "max_clients",        "database_clients", "user_clients", "address_clients",
        "logins_in_progress", "shutting_down",    "descriptors",
    };
};

/// What a server connection is doing now. Every open one is in exactly one state.
enum class connection_state : std::uint8_t {
    active,
    idle,
    idle_in_transaction,
    pinned,  ///< kept by its client between transactions
    connecting,
    resetting,
    draining,
};

template <>
struct label_traits<connection_state> {
    static constexpr std::string_view label = "state";
    static constexpr std::array<std::string_view, 7> values{
        "active", "idle", "idle_in_transaction", "pinned", "connecting", "resetting", "draining",
    };
};

/// What a client is doing now. Every connected one is in exactly one state.
enum class client_state : std::uint8_t { idle, active, waiting, in_transaction, login };

template <>
struct label_traits<client_state> {
    static constexpr std::string_view label = "state";
    static constexpr std::array<std::string_view, 5> values{"idle", "active", "waiting", "in_transaction", "login"};
};

/// Whose prepared statements.
enum class prepared_kind : std::uint8_t {
    client,  ///< names that clients hold
    server,  ///< statements prepared on server connections
};

template <>
struct label_traits<prepared_kind> {
    static constexpr std::string_view label = "kind";
    static constexpr std::array<std::string_view, 2> values{"client", "server"};
};

}  // namespace pgweir::metrics

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pgweir::session {

/// Every way in which a step of a session can end other than well. describe() is the one place that says what a
/// client, a log line and a counter make of it.
enum class outcome : std::uint8_t {
    none,
    queue_timeout,
    queue_full,
    too_many_clients,
    database_clients_limit,
    user_clients_limit,
    address_clients_limit,
    pinned_clients_limit,
    unknown_database,
    wrong_secret,
    not_allowed,
    login_timeout,
    protocol_violation,
    unsupported_protocol,
    console_only,
    cancelled,
    query_timeout,
    transaction_timeout,
    idle_in_transaction_timeout,
    client_idle_timeout,
    server_lost,
    commit_in_doubt,
    server_unreachable,
    server_rejected,
    state_not_applied,
    shutting_down,
    unknown_statement,
    unknown_unnamed_statement,
    duplicate_statement,
    result_type_changed,
    in_failed_transaction,
    too_many_statements,
    message_too_large,
    client_terminated,
};

enum class severity : std::uint8_t {
    error,  ///< the client stays connected and may go on at the next protocol boundary
    fatal,  ///< the last thing this connection is told
};

enum class loudness : std::uint8_t { silent, debug, info, warning };

struct outcome_description {
    outcome value;
    std::string_view name;  ///< the counter's label and the log's `event`
    session::severity severity;
    std::string_view sqlstate;
    std::string_view message;
    std::string_view hint;
    session::loudness loudness;
    /// Of PostgreSQL, where drivers know the error by it: asyncpg prepares a statement again only if the routine says
    /// that its plan was stale.
    std::string_view routine = {};
};

const outcome_description& describe(outcome) noexcept;

/// What is sent instead of, or as, an ErrorResponse. Empty texts are taken from the outcome's description; the
/// server's own last words replace them where it said any.
struct failure {
    outcome reason = outcome::none;
    std::string message{};
    std::string sqlstate{};
    std::string detail{};
    std::string hint{};
    std::string routine{};
};

/// Appends the ErrorResponse for `what` to `out`.
void append_failure(std::string& out, const failure& what);

/// The same with a severity of the caller's choice: a session that ends says FATAL whatever the reason.
void append_failure(std::string& out, const failure& what, severity as);

}  // namespace pgweir::session

#include "session/outcome.hpp"

#include <array>
#include <cstddef>

#include "wire/backend.hpp"

namespace pgweir::session {

namespace {

using enum severity;
using enum loudness;

constexpr std::array descriptions{
    outcome_description{outcome::none, "none", error, "XX000", "internal error", "", silent},
    outcome_description{outcome::queue_timeout, "queue_timeout", error, "53300",
                        "query_wait_timeout: no server connection became free in time",
                        "Waited for pool.queue.max_wait. Raise pool.size, or shorten transactions.", info},
    outcome_description{outcome::queue_full, "queue_full", error, "53300",
                        "no more connections allowed: too many clients wait for a server connection",
                        "The limit is pool.queue.max_length.", info},
    outcome_description{outcome::too_many_clients, "max_clients", fatal, "53300",
                        "sorry, too many clients already: no more connections allowed (listen.max_clients)",
                        "The limit is listen.max_clients.", info},
    outcome_description{outcome::database_clients_limit, "database_clients", fatal, "53300",
                        "client connections exceeded: no more connections allowed to this database",
                        "The limit is limits.clients of the database.", info},
    outcome_description{outcome::user_clients_limit, "user_clients", fatal, "53300",
                        "client connections exceeded: no more connections allowed for this user",
                        "The limit is limits.clients_per_user of the database.", info},
    outcome_description{outcome::address_clients_limit, "address_clients", fatal, "53300",
                        "client connections exceeded: no more connections allowed from this address",
                        "The limit is limits.clients_per_address of the database.", info},
    outcome_description{outcome::pinned_clients_limit, "pinned_clients", fatal, "53300",
                        "pinned sessions exceeded: this session would keep its server connection",
                        "The limit is limits.pinned of the database. SHOW CLIENTS says what pins.", info},
    outcome_description{outcome::unknown_database, "unknown_database", fatal, "3D000", "no such database",
                        "See the databases in the configuration; \"*\" serves any name.", info},
    outcome_description{outcome::wrong_secret, "auth_failed", fatal, "28P01", "password authentication failed", "",
                        info},
    outcome_description{outcome::not_allowed, "not_allowed", fatal, "28000",
                        "connection rejected: trust is not allowed from this address",
                        "Add the network to auth.allow_trust_from, or use another auth.method.", info},
    outcome_description{outcome::login_timeout, "login_timeout", fatal, "57014",
                        "client_login_timeout: canceling authentication due to timeout",
                        "The limit is listen.login_timeout.", info},
    outcome_description{outcome::protocol_violation, "protocol_violation", fatal, "08P01", "protocol violation", "",
                        info},
    outcome_description{outcome::unsupported_protocol, "unsupported_protocol", fatal, "0A000",
                        "unsupported frontend protocol: server supports 3.0", "", info},
    outcome_description{outcome::console_only, "console_only", error, "0A000", "not supported by the console",
                        "Try SHOW HELP with the simple protocol.", debug},
    outcome_description{outcome::cancelled, "cancelled", error, "57014", "canceling statement due to user request", "",
                        debug},
    outcome_description{outcome::query_timeout, "query_timeout", error, "57014",
                        "query timeout: canceling statement due to statement timeout", "The limit is timeouts.query.",
                        info},
    outcome_description{outcome::transaction_timeout, "transaction_timeout", error, "25P04",
                        "transaction timeout: terminating transaction due to transaction timeout",
                        "The limit is timeouts.transaction.", info},
    outcome_description{outcome::idle_in_transaction_timeout, "idle_in_transaction_timeout", error, "25P03",
                        "idle transaction timeout: terminating transaction due to idle-in-transaction timeout",
                        "The limit is timeouts.idle_in_transaction.", info},
    outcome_description{outcome::client_idle_timeout, "client_idle_timeout", fatal, "57P05",
                        "client_idle_timeout: terminating connection due to idle-session timeout",
                        "The limit is timeouts.client_idle.", info},
    outcome_description{outcome::server_lost, "server_lost", error, "08006",
                        "server conn crashed? the connection to the server was lost",
                        "The statement may or may not have been executed; it was not sent again.", warning},
    outcome_description{outcome::commit_in_doubt, "commit_in_doubt", error, "08007",
                        "the connection to the server was lost during commit",
                        "The transaction may or may not have been committed.", warning},
    outcome_description{outcome::server_unreachable, "server_unreachable", error, "57P03",
                        "the database server cannot be reached",
                        "See the upstream of the database, and whether PostgreSQL runs there.", warning},
    outcome_description{outcome::server_rejected, "server_rejected", fatal, "08004",
                        "the database server rejected the connection", "See the upstream of the database and its user.",
                        warning},
    outcome_description{outcome::state_not_applied, "state_not_applied", error, "08006",
                        "the session's settings could not be applied to a server connection",
                        "See the settings that the client asks for when it connects.", warning},
    outcome_description{outcome::shutting_down, "shutting_down", fatal, "57P01",
                        "pooler is shutting down: terminating connection due to administrator command",
                        "Connect again.", debug},
    outcome_description{outcome::unknown_statement, "unknown_statement", error, "26000",
                        "prepared statement does not exist", "", debug, "FetchPreparedStatement"},
    outcome_description{outcome::unknown_unnamed_statement, "unknown_unnamed_statement", error, "26000",
                        "unnamed prepared statement does not exist", "", debug, "exec_bind_message"},
    outcome_description{outcome::duplicate_statement, "duplicate_statement", error, "42P05",
                        "prepared statement already exists", "", debug, "StorePreparedStatement"},
    outcome_description{outcome::result_type_changed, "result_type_changed", error, "0A000",
                        "cached plan must not change result type", "", info, "RevalidateCachedQuery"},
    outcome_description{outcome::in_failed_transaction, "in_failed_transaction", error, "25P02",
                        "current transaction is aborted, commands ignored until end of transaction block", "", silent},
    outcome_description{
        outcome::too_many_statements, "too_many_statements", error, "54000",
        "too many prepared statements in this session",
        "A client may have 10,000 named statements, of 64 MiB text together. Close those that are not needed.", info},
    outcome_description{
        outcome::message_too_large, "message_too_large", fatal, "54000", "message too large",
        "A Query or Parse of any size is possible; other messages that have to be looked at may have 64 KiB.", info},
    outcome_description{outcome::client_terminated, "client_terminated", fatal, "00000", "", "", debug},
};

constexpr bool in_order() {
    for (std::size_t i = 0; i < descriptions.size(); ++i) {
        if (static_cast<std::size_t>(descriptions[i].value) != i) return false;
    }
    return descriptions.size() == static_cast<std::size_t>(outcome::client_terminated) + 1;
}
static_assert(in_order(), "the table is indexed by the enumerator");

std::string_view chosen(const std::string& own, std::string_view otherwise) {
    return own.empty() ? otherwise : std::string_view(own);
}

}  // namespace

const outcome_description& describe(outcome value) noexcept {
    return descriptions[static_cast<std::size_t>(value)];
}

void append_failure(std::string& out, const failure& what) {
    append_failure(out, what, describe(what.reason).severity);
}

void append_failure(std::string& out, const failure& what, severity as) {
    const outcome_description& usual = describe(what.reason);
    const wire::error_report report{
        .severity = as == severity::fatal ? "FATAL" : "ERROR",
        .sqlstate = chosen(what.sqlstate, usual.sqlstate),
        .message = chosen(what.message, usual.message),
        .detail = what.detail,
        // The server's own words come with the server's own hint or none.
        .hint = what.message.empty() || !what.hint.empty() ? chosen(what.hint, usual.hint) : std::string_view{},
        .routine = chosen(what.routine, usual.routine),
    };
    wire::append_error(out, report);
}

}  // namespace pgweir::session

#include "session/statement_names.hpp"
#include "session/statement_rewriter.hpp"
#include "sql/tokens.hpp"
#include "wire/frontend.hpp"

// The names of prepared statements, which the protocol shares with SQL's PREPARE, EXECUTE and DEALLOCATE.

namespace pgweir::session {

namespace {

std::string quoted(std::string_view name) {
    return '"' + std::string(name) + '"';
}

}  // namespace

failure unknown_statement(std::string_view name) {
    if (name.empty()) return {.reason = outcome::unknown_unnamed_statement};
    return {.reason = outcome::unknown_statement, .message = "prepared statement " + quoted(name) + " does not exist"};
}

failure name_is_taken(std::string_view name) {
    return {.reason = outcome::duplicate_statement,
            .message = "prepared statement " + quoted(name) + " already exists"};
}

std::optional<failure> statement_rewriter::prepares_taken_name(const sql::scan_result& found) const {
    if (!sql::has(found.flags, sql::effect::prepare) || sql::has(found.flags, sql::effect::multi_statement))
        return std::nullopt;
    const std::string name = sql::identifier_value(found.prepare_name);
    const client_statement* known = x_.statements.find(name);
    if (known == nullptr || known->raw) return std::nullopt;
    return name_is_taken(name);
}

std::string statement_rewriter::failing_statement() {
    return "DEALLOCATE " + std::string(no_such_statement);
}

bool statement_rewriter::may_be_made_by_sql(std::string_view name) const {
    // SQL's PREPARE shares the names of Parse, and the session that used it is pinned to where they are.
    return x_.pins.has(metrics::pin_reason::prepare) && !name.starts_with(server_name_prefix);
}

std::optional<std::string> statement_rewriter::deallocate(std::string_view as_written, prepared_statement& which) {
    const std::string name = sql::identifier_value(as_written);
    const client_statement* known = x_.statements.find(name);
    // Other clients' statements have such names here; this client has none of this name.
    if (known == nullptr && name.starts_with(server_name_prefix)) return failing_statement();
    if (known == nullptr || known->raw) return std::nullopt;
    which = known->statement;
    if (x_.server->statements.state_of(known->statement) != server_statements::presence::absent)
        return "DEALLOCATE " + known->statement.server_name();
    // It need not be prepared here only to go, and perhaps no longer can be: an empty one always can.
    wire::append_close(x_.to_server.own(), 'S', placeholder_statement);
    x_.push(request_kind::close).injected = true;
    wire::append_parse(x_.to_server.own(), placeholder_statement, "", {});
    x_.push(request_kind::parse).injected = true;
    x_.unsynced = true;
    return "DEALLOCATE " + std::string(placeholder_statement);
}

}  // namespace pgweir::session

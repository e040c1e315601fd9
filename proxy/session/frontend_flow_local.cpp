#include <string>
#include <utility>

#include "session/frontend_flow.hpp"
#include "sql/tokens.hpp"
#include "sql/words.hpp"
#include "wire/backend.hpp"
#include "wire/frontend.hpp"

// What is answered in place of a server, or was in part.

namespace pgweir::session {

// The next message is the one that a server was asked for.
void frontend_flow::settle_deferred() {
    if (x_.server != nullptr)
        deferred_.begin_on_server();
    else if (x_.refusal)
        deferred_.fail(*std::exchange(x_.refusal, std::nullopt));
}

// No server can be had, and the transaction fails with its first statement, not with BEGIN: a driver that takes its
// transaction for begun (asyncpg 0.27) would go on with savepoints on this connection for ever.
frontend_flow::verdict frontend_flow::begin_refused(std::string_view text) {
    x_.lost = {.active = true, .untold = std::move(x_.refusal)};
    x_.refusal.reset();
    x_.client_status = 'T';
    std::string reply;
    const bool start = sql::same_word(sql::tokens(text, x_.conforming_strings).next().text, "start");
    wire::append_command_complete(reply, start ? "START TRANSACTION" : "BEGIN");
    wire::append_ready_for_query(reply, x_.client_status);
    x_.answer(reply);
    return verdict::done;
}

frontend_flow::verdict frontend_flow::answer_empty() {
    x_.statements.drop_unnamed();  // as any simple query does
    std::string reply;
    wire::append_empty_query(reply);
    wire::append_ready_for_query(reply, x_.client_status);
    x_.answer(reply);
    return verdict::done;
}

// Blanks stand for what was answered, so that errors tell where in the text they are.
frontend_flow::verdict frontend_flow::take_rest_of_query(std::string_view text) {
    if (x_.server == nullptr) return refused_in_simple() ? verdict::done : verdict::need_server;
    std::string message;
    wire::append_query(message, std::string(x_.answered_head, ' ').append(text.substr(x_.answered_head)));
    const std::string_view rest = std::string_view(message).substr(wire::header_size, text.size());
    x_.note_text(rest);
    sql::scan_result found = x_.scan(rest);
    found.flags = x_.judged(rest, found.flags);
    const verdict became = forward_query(message, rest, found);
    x_.to_server.settle();
    return became;
}

bool frontend_flow::refused_in_simple() {
    if (!x_.refusal) return false;
    std::string reply;
    append_failure(reply, *x_.refusal);
    wire::append_ready_for_query(reply, x_.client_status);
    x_.refusal.reset();
    x_.answer(reply);
    return true;
}

bool frontend_flow::refused_in_extended() {
    if (!x_.refusal) return false;
    std::string reply;
    append_failure(reply, *x_.refusal);
    x_.refusal.reset();
    x_.answer(reply);
    x_.discarding = true;
    return true;
}

}  // namespace pgweir::session

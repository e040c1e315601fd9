#include "session/deferred_flow.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "wire/backend.hpp"
#include "wire/frontend.hpp"

namespace pgweir::session {

namespace {

using sql::block_command;

std::string begin_messages(std::string_view text) {
    std::string all;
    wire::append_parse(all, "", text, {});
    wire::append_bind(all, {});
    wire::append_execute(all, "", 0);
    return all;
}

}  // namespace

bool deferred_flow::take_query(std::string_view text) {
    const block_command command = sql::find_block_command(text);
    if (command == block_command::none) return false;
    if (!x_.deferred.active) {
        if (!begins_block(command) || !may_begin()) return false;
        begin(command);
        return true;
    }
    // That there is a transaction already PostgreSQL says itself.
    if (begins_block(command)) return false;
    end(command);
    return true;
}

// Without a server nothing is unknown of the session: what may have changed it was followed by a survey, or pinned. And
// whatever its settings are, BEGIN does not fail that has no option but READ COMMITTED.
bool deferred_flow::may_begin() const {
    return x_.at_rest();
}

void deferred_flow::begin(block_command how) {
    x_.deferred = {.active = true, .read_committed = names_read_committed(how), .since = x_.now};
    x_.client_status = 'T';
    x_.statements.drop_unnamed();  // as any simple query does
    std::string& out = x_.to_client.own();
    wire::append_command_complete(out, sql::command_tag(how));
    wire::append_ready_for_query(out, x_.client_status);
}

void deferred_flow::end(block_command how) {
    x_.deferred.active = false;
    x_.client_status = 'I';
    x_.statements.drop_unnamed();
    wire::append_command_complete(x_.to_client.own(), sql::command_tag(how));
    if (x_.listening.any()) {
        // What others have notified of meanwhile is told before ReadyForQuery, and may be on its way here.
        wire::append_ready_for_query(x_.held_ready, x_.client_status);
        x_.listening.pinging = true;
        return;
    }
    x_.tell_notifications();
    wire::append_ready_for_query(x_.to_client.own(), x_.client_status);
}

void deferred_flow::begin_on_server() {
    static const std::string begin = begin_messages("BEGIN");
    static const std::string read_committed = begin_messages("BEGIN ISOLATION LEVEL READ COMMITTED");
    x_.deferred.active = false;
    x_.to_server.own().append(x_.deferred.read_committed ? read_committed : begin);
    for (const request_kind kind : {request_kind::parse, request_kind::bind, request_kind::execute}) {
        pending_request& entry = x_.push(kind);
        entry.injected = entry.deferred_begin = true;
    }
    x_.unsynced = true;
    x_.server->unnamed_client = 0;
    x_.server->transaction_status = 'T';  // whatever happens to it now happens to the client's transaction
}

void deferred_flow::fail(failure why) {
    x_.deferred.active = false;
    x_.lost = {.active = true, .untold = std::move(why)};
}

}  // namespace pgweir::session

#include "session/deferred_flow.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "wire/backend.hpp"
#include "wire/frontend.hpp"

namespace pgweir::session {

namespace {

using sql::block_command;

constexpr std::size_t longest_modes = 256;

std::string begin_messages(std::string_view text) {
    std::string all;
    wire::append_parse(all, "", text, {});
    wire::append_bind(all, {});
    wire::append_execute(all, "", 0);
    return all;
}

}  // namespace

bool deferred_flow::take_query(std::string_view text) {
    const sql::block_statement found = sql::find_block_statement(text);
    if (!carry_out(found)) return false;
    x_.statements.drop_unnamed();  // as any simple query does
    wire::append_command_complete(x_.to_client.own(), sql::command_tag(found.is));
    tell_ready();
    return true;
}

bool deferred_flow::take_batch(base::bytes_view input, std::size_t& taken) {
    using shape = execution_batch::shape;
    if (x_.discarding || x_.lost.active) return false;
    execution_batch batch;
    base::bytes_view rest = input;
    if (batch.read_bound(rest) != shape::whole) return false;
    const client_statement* known = batch.parse ? nullptr : x_.statements.find(batch.statement);
    if (!batch.parse && (known == nullptr || known->raw)) return false;
    const std::string_view text = batch.parse ? batch.parse->text : known->statement.text();
    const sql::block_statement found = sql::find_block_statement(text);
    if (found.is == block_command::none || !batch.has_no_parameters() || batch.read_execution(rest) != shape::whole)
        return false;
    // ReadyForQuery, in front of which others' notifications are told, comes with the Sync.
    const bool ends = found.is == block_command::commit || found.is == block_command::rollback;
    if (ends && (x_.listening.any() || !x_.listening.untold.empty() || x_.listening.missed)) return false;
    if (!carry_out(found)) return false;
    tell(batch, text, sql::command_tag(found.is));
    taken = input.size() - rest.size();
    return true;
}

bool deferred_flow::carry_out(const sql::block_statement& what) {
    switch (what.is) {
        case block_command::none: return false;
        case block_command::begin:
        case block_command::start_transaction: return begin(what);
        case block_command::set_transaction: return set_modes(what);
        case block_command::commit:
        case block_command::rollback: break;
    }
    return end();
}

// A standby refuses to be written to, and SERIALIZABLE. Whatever else is named no server refuses at the begin.
bool deferred_flow::may_have(const sql::block_statement& modes) const {
    return (x_.on_primary || !modes.needs_primary) && x_.deferred.modes.size() + modes.modes.size() <= longest_modes;
}

// Without a server nothing is unknown of the session: what may have changed it was followed by a survey, or pinned. And
// whatever its settings are, BEGIN does not fail. That there is a transaction already PostgreSQL says itself.
bool deferred_flow::begin(const sql::block_statement& how) {
    if (x_.deferred.active || !x_.at_rest() || !may_have(how)) return false;
    x_.deferred = {.active = true, .modes = {}, .since = x_.now};
    x_.client_status = 'T';
    add_modes(how);
    return true;
}

// Behind a query PostgreSQL may say that it is an error; a server that has not seen the query does not.
bool deferred_flow::set_modes(const sql::block_statement& more) {
    if (!x_.deferred.active || x_.deferred.read || !may_have(more)) return false;
    add_modes(more);
    return true;
}

void deferred_flow::add_modes(const sql::block_statement& more) {
    deferred_block& block = x_.deferred;
    if (!block.modes.empty() && !more.modes.empty()) block.modes += ", ";
    block.modes += more.modes;
    block.isolates = block.isolates || more.isolates;
    block.needs_primary = block.needs_primary || more.needs_primary;
}

bool deferred_flow::end() {
    if (!x_.deferred.active) return false;
    x_.deferred.active = false;
    x_.client_status = 'I';
    return true;
}

void deferred_flow::tell_ready() {
    if (x_.client_status == 'I' && x_.listening.any()) {
        // What others have notified of meanwhile is told before ReadyForQuery, and may be on its way here.
        wire::append_ready_for_query(x_.held_ready, x_.client_status);
        x_.listening.pinging = true;
        return;
    }
    if (x_.client_status == 'I') x_.tell_notifications();
    wire::append_ready_for_query(x_.to_client.own(), x_.client_status);
}

void deferred_flow::tell(const execution_batch& what, std::string_view text, std::string_view tag) {
    std::string reply;
    if (what.parse) {
        x_.set_unnamed(text, {}, x_.scan(text).flags);
        x_.counters->client_parses.add();
        wire::append_parse_complete(reply);
    }
    x_.counters->binds.add();
    wire::append_bind_complete(reply);
    if (what.described) wire::append_no_data(reply);
    wire::append_command_complete(reply, tag);
    x_.answer(reply);
}

void deferred_flow::begin_on_server() {
    static const std::string plain = begin_messages("BEGIN");
    deferred_block& block = x_.deferred;
    block.active = false;
    if (block.needs_primary) learn_from_server();
    x_.block_did_more = x_.block_did_more || block.isolates;
    x_.to_server.own().append(block.modes.empty() ? plain : begin_messages("BEGIN " + block.modes));
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

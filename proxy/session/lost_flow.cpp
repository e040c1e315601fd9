#include "session/lost_flow.hpp"

#include <string>
#include <utility>

#include "sql/scan.hpp"
#include "sql/tokens.hpp"
#include "wire/backend.hpp"
#include "wire/frame.hpp"
#include "wire/frontend.hpp"
#include "wire/writer.hpp"

namespace pgweir::session {

namespace {

using sql::effect;

void append_no_parameters(std::string& out) {
    wire::writer message(out);
    message.begin('t');
    message.int16(0);
    message.end();
}

}  // namespace

void lost_flow::refuse_large(char tag) {
    refuse(tag == 'P' || tag == 'B');
}

message_verdict lost_flow::take(char tag, base::bytes_view message) {
    const base::bytes_view body = message.substr(wire::header_size);
    switch (tag) {
        case 'Q': return take_query(body);
        case 'P': return take_parse(body);
        case 'B': return take_bind(body);
        case 'D': return take_describe(body);
        case 'E': take_execute(); return message_verdict::done;
        case 'F': refuse(false); return message_verdict::done;
        case 'H': return message_verdict::done;
        case 'X': return message_verdict::terminated;
        case 'C': {
            const auto target = wire::decode_target(body);
            if (!target) return broken(target.error());
            if (target->kind == 'S' && target->name.empty())
                x_.statements.drop_unnamed();
            else if (target->kind == 'S')
                x_.statements.remove(target->name);
            wire::append_close_complete(x_.to_client.own());
            return message_verdict::done;
        }
        case 'S':
            x_.discarding = false;
            wire::append_ready_for_query(x_.to_client.own(), x_.client_status);
            return message_verdict::done;
        default:
            x_.fatal = failure{.reason = outcome::protocol_violation, .message = "unexpected message after login"};
            return message_verdict::failed;
    }
}

message_verdict lost_flow::take_query(base::bytes_view body) {
    const auto text = wire::decode_query(body);
    if (!text) return broken(text.error());
    if (sql::has(x_.scan(*text).flags, effect::empty)) {
        wire::append_empty_query(x_.to_client.own());
        wire::append_ready_for_query(x_.to_client.own(), x_.client_status);
        return message_verdict::done;
    }
    const std::size_t first = first_statement_size(*text);
    const effect flags = x_.scan(text->substr(0, first)).flags;
    // Of a text whose first statement was answered before a server could not be had the rest is refused.
    if (x_.answered_head > 0 || !may_end(flags)) {
        refuse(false);
        return message_verdict::done;
    }
    if (x_.lost.untold && sql::has(flags, effect::explicit_commit)) {
        fail_commit(false);
        return message_verdict::done;
    }
    end_block(sql::has(flags, effect::begins_transaction));
    wire::append_command_complete(x_.to_client.own(), "ROLLBACK");
    if (!sql::has(x_.scan(text->substr(first)).flags, effect::empty)) {
        x_.answered_head = first;
        return message_verdict::need_server;
    }
    wire::append_ready_for_query(x_.to_client.own(), x_.client_status);
    return message_verdict::done;
}

// With the semicolons in front of it.
std::size_t lost_flow::first_statement_size(std::string_view text) const {
    sql::tokens all(text, x_.conforming_strings);
    sql::token next = all.next();
    while (next.kind == sql::token_kind::semicolon) next = all.next();
    while (next.kind != sql::token_kind::semicolon && next.kind != sql::token_kind::end) next = all.next();
    return next.kind == sql::token_kind::end ? text.size() : static_cast<std::size_t>(next.text.data() - text.data());
}

// A server cannot be told to begin the block that AND CHAIN begins where each client has one of its own.
bool lost_flow::may_end(effect flags) const {
    return sql::has(flags, effect::ends_transaction) && (x_.rewrites || !sql::has(flags, effect::begins_transaction));
}

message_verdict lost_flow::take_parse(base::bytes_view body) {
    const auto parsed = wire::decode_parse(body);
    if (!parsed) return broken(parsed.error());
    const sql::scan_result found = x_.scan(parsed->text);
    if (!may_end(found.flags)) {
        refuse(true);
        return message_verdict::done;
    }
    if (parsed->statement.empty()) {
        x_.statements.set_unnamed(parsed->text, parsed->parameter_types, found.flags);
    } else {
        auto statement = prepared_statement::make(*x_.texts, parsed->parameter_types, x_.identity(), parsed->text);
        x_.statements.add(parsed->statement,
                          {.statement = std::move(statement), .description = {}, .effects = found.flags});
    }
    wire::append_parse_complete(x_.to_client.own());
    return message_verdict::done;
}

message_verdict lost_flow::take_bind(base::bytes_view body) {
    const auto head = wire::decode_bind_head(body, true);
    if (!head) return broken(head.error());
    const effect flags = x_.statements.effects_of((*head)->statement, effect::none);
    if (!may_end(flags)) {
        refuse(true);
        return message_verdict::done;
    }
    x_.lost.end_bound = sql::has(flags, effect::explicit_commit) ? lost_transaction::block_end::commit
                                                                 : lost_transaction::block_end::rollback;
    x_.lost.end_chains = sql::has(flags, effect::begins_transaction);
    wire::append_bind_complete(x_.to_client.own());
    return message_verdict::done;
}

message_verdict lost_flow::take_describe(base::bytes_view body) {
    const auto target = wire::decode_target(body);
    if (!target) return broken(target.error());
    const bool ends =
        target->kind == 'S' ? is_end(target->name) : x_.lost.end_bound != lost_transaction::block_end::none;
    // What a driver is told here it keeps for as long as it has the statement.
    if (!ends) {
        refuse(true);
        return message_verdict::done;
    }
    if (target->kind == 'S') append_no_parameters(x_.to_client.own());
    wire::append_no_data(x_.to_client.own());
    return message_verdict::done;
}

bool lost_flow::is_end(std::string_view statement) const {
    return may_end(x_.statements.effects_of(statement, effect::none));
}

void lost_flow::take_execute() {
    if (x_.lost.end_bound == lost_transaction::block_end::none) {
        refuse(true);
        return;
    }
    if (x_.lost.untold && x_.lost.end_bound == lost_transaction::block_end::commit) return fail_commit(true);
    end_block(x_.lost.end_chains);
    wire::append_command_complete(x_.to_client.own(), "ROLLBACK");
}

void lost_flow::refuse(bool extended) {
    failure why{.reason = outcome::in_failed_transaction};
    if (x_.lost.untold) why = std::move(*x_.lost.untold);
    x_.lost.untold.reset();
    x_.client_status = 'E';
    append_failure(x_.to_client.own(), why, severity::error);
    if (extended)
        x_.discarding = true;
    else
        wire::append_ready_for_query(x_.to_client.own(), x_.client_status);
}

// A client that was not told yet would take the answer to COMMIT for success: drivers do not look at its tag.
void lost_flow::fail_commit(bool extended) {
    const failure why = std::move(*x_.lost.untold);
    end_block(false);
    append_failure(x_.to_client.own(), why, severity::error);
    if (extended)
        x_.discarding = true;
    else
        wire::append_ready_for_query(x_.to_client.own(), x_.client_status);
}

void lost_flow::end_block(bool chains) {
    x_.lost = {};
    x_.client_status = chains ? 'T' : 'I';
    if (chains) x_.deferred = {.active = true, .modes = {}, .since = x_.now};
}

message_verdict lost_flow::broken(std::error_code why) {
    x_.fatal = failure{.reason = outcome::protocol_violation, .message = why.message()};
    return message_verdict::failed;
}

}  // namespace pgweir::session

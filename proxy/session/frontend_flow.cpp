#include "session/frontend_flow.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "session/cache_capture.hpp"
#include "session/cache_writes.hpp"
#include "session/effects.hpp"
#include "session/local_resets.hpp"
#include "session/sequences.hpp"
#include "sql/tokens.hpp"
#include "sql/words.hpp"
#include "wire/backend.hpp"
#include "wire/frontend.hpp"

namespace pgweir::session {

namespace {

// BEGIN or START TRANSACTION alone.
bool begins_block(const sql::scan_result& found) {
    return sql::has(found.flags, sql::effect::begins_transaction) &&
           !sql::has(found.flags, sql::effect::ends_transaction) &&
           !sql::has(found.flags, sql::effect::multi_statement);
}

using sql::effect;

// It notifies nobody, so what its server notifies of now is another client's.
bool only_listens(const sql::scan_result& found) {
    return found.flags != effect::none && (found.flags & ~(effect::listen | effect::unlisten)) == effect::none;
}

bool is_copy_message(char tag) {
    return tag == 'd' || tag == 'c' || tag == 'f';
}

}  // namespace

frontend_flow::progress frontend_flow::consume(base::bytes_view input) {
    std::size_t consumed = 0;
    while (consumed < input.size()) {
        const base::bytes_view rest = input.substr(consumed);
        if (x_.from_client.remaining > 0) {
            const auto count = std::min<std::size_t>(x_.from_client.remaining, rest.size());
            if (x_.from_client.forwarded) x_.to_server.relay(rest.substr(0, count));
            x_.from_client.remaining -= static_cast<std::uint32_t>(count);
            consumed += count;
            continue;
        }
        if (gated(rest.front())) return {consumed, stop::gated};
        if (x_.pending.size() >= max_pending_requests) {
            // The server may be holding back the answers that make room, until a Sync that would never be read.
            flush_batch();
            return {consumed, stop::gated};
        }

        wire::header header;
        const auto state = wire::read_frontend_header(rest, header);
        if (state == wire::header_state::incomplete) break;
        if (state == wire::header_state::invalid) {
            broken(wire::why_invalid_frontend(rest));
            return {consumed, stop::failed};
        }
        const base::bytes_view available = rest.substr(0, header.size);
        if (x_.deferred.active) settle_deferred();
        std::size_t taken = available.size();
        switch (take_next(header, rest, taken)) {
            case verdict::done:
                consumed += taken;
                x_.answered_head = 0;
                cache_.moved_behind(taken > available.size() ? 'E' : header.tag);
                flushed_ = false;
                break;
            case verdict::need_more: return {consumed, stop::need_more};
            case verdict::need_server: return {consumed, x_.forward_gates > 0 ? stop::gated : stop::need_server};
            case verdict::need_answer: return {consumed, stop::gated};
            case verdict::terminated: return {consumed + taken, stop::terminated};
            case verdict::failed: return {consumed, stop::failed};
        }
    }
    return {consumed, stop::need_more};
}

// `taken` becomes more when several messages are answered at once.
frontend_flow::verdict frontend_flow::take_next(const wire::header& header, base::bytes_view rest, std::size_t& taken) {
    if ((header.tag == 'P' || header.tag == 'B') && header.size <= rest.size()) {
        switch (cache_.take_batch(rest, taken)) {
            case cache_flow::verdict::answered: return verdict::done;
            case cache_flow::verdict::wait: return verdict::need_answer;
            case cache_flow::verdict::pass: break;
        }
    }
    const bool whole_batch = (header.tag == 'P' || header.tag == 'B') && x_.server == nullptr;
    if (whole_batch && deferred_.take_batch(rest, taken)) return verdict::done;
    if (header.tag == 'P' && settings_.take_batch(rest, taken)) return verdict::done;
    return take(header, rest.substr(0, header.size));
}

bool frontend_flow::gated(char tag) {
    if (yields_here() || x_.listening.pinging || (x_.cancels > 0 && x_.server != nullptr)) return true;
    if (x_.forward_gates == 0) return false;
    if (x_.forward_gates > x_.text_gates) return true;
    // What is copied belongs to what was begun.
    if (tag == 'S' || (x_.copy != copy_phase::none && (is_copy_message(tag) || tag == 'H'))) return false;
    // The server may keep its answer until a Sync that is not read.
    flush_batch();
    return true;
}

void frontend_flow::flush_batch() {
    if (x_.server != nullptr && x_.unsynced && !std::exchange(flushed_, true)) wire::append_flush(x_.to_server.own());
}

// Between two batches of a client that keeps its server busy with ever more: when all answers are there the server can
// go to who waits, or the transaction goes on. One that listens is told what it notifies itself of by the hub, and
// behind each batch before the next.
bool frontend_flow::yields_here() const {
    return (x_.yields || x_.listening.any()) && x_.server != nullptr && !x_.pending.empty() && !x_.unsynced &&
           x_.copy == copy_phase::none;
}

frontend_flow::verdict frontend_flow::take(const wire::header& header, base::bytes_view available) {
    const bool whole = available.size() == header.size;
    if (x_.discarding && header.tag != 'S' && header.tag != 'X') {
        stream(header, available, false);
        return verdict::done;
    }
    if (is_copy_message(header.tag)) {
        // Outside COPY they are dropped, as PostgreSQL does: a client may still be sending when the server gave up.
        if (!whole && header.size <= max_whole_message) return verdict::need_more;
        if (copy_may_begin()) return verdict::need_answer;
        const bool copying = x_.server != nullptr && x_.copy != copy_phase::none;
        if (copying) take_copy(header.tag, available);
        stream(header, available, copying);
        return verdict::done;
    }
    if (x_.copy == copy_phase::in && header.tag != 'S' && header.tag != 'H' && header.tag != 'X') {
        // The server gives the COPY up and answers nothing else: no request of its own is pending.
        if (!whole && header.size <= max_whole_message) return verdict::need_more;
        x_.copy = copy_phase::none;
        x_.to_server.relay(available);
        stream(header, available, true);
        return verdict::done;
    }
    if (!whole) {
        const bool text = header.tag == 'Q' || header.tag == 'P';
        if (header.size <= (text ? max_text_message : max_whole_message)) return verdict::need_more;
        if (!x_.lost.active) return take_large(header, available);
        lost_.refuse_large(header.tag);
        stream(header, available, false);
        return verdict::done;
    }
    if (x_.lost.active) return lost_.take(header.tag, available);
    return take_whole(header.tag, available);
}

frontend_flow::verdict frontend_flow::take_whole(char tag, base::bytes_view message) {
    switch (tag) {
        case 'Q': return take_query(message);
        case 'P': return take_parse(message);
        case 'B': return take_bind({tag, static_cast<std::uint32_t>(message.size())}, message);
        case 'D':
        case 'C': return take_target(tag, message);
        case 'E': return take_execute(message);
        case 'S': return take_sync(message);
        case 'F': return take_function_call(message);
        case 'H':
            // A server in COPY ignores it, and without a server there is nothing to flush.
            if (x_.server != nullptr && x_.copy == copy_phase::none) x_.to_server.relay(message);
            return verdict::done;
        case 'X':
            // What was asked before is waited for, and no Sync will follow.
            flush_batch();
            return verdict::terminated;
        default:
            x_.fatal = failure{.reason = outcome::protocol_violation, .message = "unexpected message after login"};
            return verdict::failed;
    }
}

frontend_flow::verdict frontend_flow::take_query(base::bytes_view message) {
    const auto text = wire::decode_query(message.substr(wire::header_size));
    if (!text) return broken(text.error());
    if (x_.answered_head > 0) return take_rest_of_query(*text);
    switch (cache_.take_query(*text)) {
        case cache_flow::verdict::answered: return verdict::done;
        case cache_flow::verdict::wait: return verdict::need_answer;
        case cache_flow::verdict::pass: break;
    }
    if (x_.server == nullptr) {
        const bool unapplied = x_.refusal && x_.refusal->reason == outcome::state_not_applied;
        if (unapplied && leave_out_resets(x_, *text)) x_.refusal.reset();
        // The text is looked at when a server is there, once.
        if (!sql::begins_with_word(*text) && sql::has(x_.scan(*text).flags, effect::empty)) return answer_empty();
        if (deferred_.take_query(*text) || answer_resets(x_, *text) || settings_.take_query(*text))
            return verdict::done;
        if (x_.refusal && x_.refusal->reason != outcome::cancelled && begins_block(x_.scan(*text)))
            return begin_refused(*text);
        return refused_in_simple() ? verdict::done : verdict::need_server;
    }
    x_.note_text(*text);
    settings_.observe(*text);
    sql::scan_result found = x_.scan(*text);
    found.flags = x_.judged(*text, found.flags);
    return forward_query(message, *text, found);
}

frontend_flow::verdict frontend_flow::forward_query(base::bytes_view message, std::string_view text,
                                                    const sql::scan_result& found) {
    if (x_.rewrites && sql::has(found.flags, effect::deallocate) &&
        rewriter_.unsettled(sql::identifier_value(found.deallocate_name)))
        return verdict::need_answer;
    std::unique_ptr<request_detail> detail;
    base::bytes_view sent = message;
    std::string rewritten;
    if (needs_follow_up(found.flags)) detail = follow_up_of(found);
    guard_sequences(x_, found.flags, false);
    note_effects(x_, found);
    note_execution(x_, found.flags);
    if (x_.rewrites) {
        if (sql::has(found.flags, effect::deallocate) && !sql::has(found.flags, effect::multi_statement)) {
            if (const auto other = rewriter_.deallocate(found.deallocate_name, detail->statement)) {
                wire::append_query(rewritten, *other);
                sent = {};
                if (!detail->statement) detail->substitute = unknown_statement(detail->client_name);
            }
        }
        if (const auto taken = rewriter_.prepares_taken_name(found)) {
            wire::append_query(rewritten, rewriter_.failing_statement());
            sent = {};
            if (!detail) detail = std::make_unique<request_detail>();
            detail->substitute = *taken;
        }
        // A simple query destroys the unnamed statement (manual, "Message Flow", Extended Query).
        x_.statements.drop_unnamed();
        x_.server->unnamed_client = 0;
    }
    pending_request& entry = x_.push(request_kind::query);
    entry.ends_transaction = sql::has(found.flags, effect::explicit_commit);
    entry.begins_block = begins_block(found);
    if (sql::has(found.flags, effect::begins_transaction | effect::set_transaction)) deferred_.learn_from_server();
    entry.plain_read = sql::has(found.flags, effect::plain_read);
    if (!entry.plain_read && !entry.begins_block && !only_listens(found)) x_.may_notify = true;
    entry.may_copy_in = sql::has(found.flags, effect::copy);
    entry.defines = sql::has(found.flags, effect::defines);
    entry.detail = std::move(detail);
    begin_fill(x_, entry);
    note_query(x_, text, found.flags, entry);
    if (holds_back(x_, found.flags)) hold_back(x_, entry);
    if (sent.empty())
        x_.to_server.own().append(rewritten);
    else
        x_.to_server.relay(sent);
    x_.unsynced = false;
    x_.phases.change(metrics::held_phase::executing, x_.now, *x_.counters);
    return verdict::done;
}

frontend_flow::verdict frontend_flow::take_parse(base::bytes_view message) {
    const auto parsed = wire::decode_parse(message.substr(wire::header_size));
    if (!parsed) return broken(parsed.error());
    if (x_.server == nullptr) {
        if (x_.rewrites && !x_.refusal && rewriter_.parse_without_server(*parsed)) return verdict::done;
        return refused_in_extended() ? verdict::done : verdict::need_server;
    }
    const sql::scan_result found = x_.scan(parsed->text);
    x_.phases.change(metrics::held_phase::executing, x_.now, *x_.counters);
    if (!x_.rewrites) {
        note_effects(x_, found);
        remember_effects(x_, parsed->statement, found.flags | unshared_writes(x_, parsed->text, found.flags));
        x_.push(request_kind::parse);
        x_.to_server.relay(message);
        x_.unsynced = true;
        return verdict::done;
    }
    const bool deallocates = sql::has(found.flags, effect::deallocate) && parsed->statement.empty();
    if (rewriter_.must_wait(*parsed) ||
        (deallocates && rewriter_.unsettled(sql::identifier_value(found.deallocate_name))))
        return verdict::need_answer;
    guard_sequences(x_, found.flags, true);
    note_effects(x_, found);
    x_.note_text(parsed->text);
    if (deallocates) {
        if (const auto text = rewriter_.deallocate(found.deallocate_name, x_.to_deallocate)) {
            wire::append_parse(x_.to_server.own(), "", *text, {});
            x_.statements.set_unnamed(parsed->text, {}, found.flags);
            pending_request& entry = x_.push(request_kind::parse);
            entry.unnamed_parse = true;
            entry.unnamed_generation = x_.statements.no_name().generation;
            x_.server->unnamed_client = x_.client_id;
            x_.server->unnamed_generation = x_.statements.no_name().generation;
            x_.unsynced = true;
            return verdict::done;
        }
    }
    rewriter_.parse(*parsed, message, found);
    return verdict::done;
}

frontend_flow::verdict frontend_flow::take_target(char tag, base::bytes_view message) {
    const auto target = wire::decode_target(message.substr(wire::header_size));
    if (!target) return broken(target.error());
    const bool of_statement = target->kind == 'S';
    if (x_.rewrites && of_statement && tag == 'C') {
        if (rewriter_.unsettled(target->name)) return verdict::need_answer;
        rewriter_.close(target->name);
        return verdict::done;
    }
    if (x_.server == nullptr) return refused_in_extended() ? verdict::done : verdict::need_server;
    x_.phases.change(metrics::held_phase::executing, x_.now, *x_.counters);
    if (x_.rewrites && of_statement) {
        if (rewriter_.prepare_for_use(target->name)) return verdict::need_answer;
        rewriter_.describe(target->name, message);
        return verdict::done;
    }
    if (tag == 'C' && of_statement) x_.statements.remove(target->name);
    if (tag == 'C') {
        x_.push(request_kind::close);
        if (!of_statement && x_.pins.has(metrics::pin_reason::with_hold_cursor)) x_.survey_due = true;
    } else {
        pending_request& entry =
            x_.push(of_statement ? request_kind::describe_statement : request_kind::describe_portal);
        entry.fills = x_.fill.is == cache_fill::state::owned && !of_statement;
        if (x_.rewrites) rewriter_.describe_by_portal(target->name, entry);
    }
    x_.to_server.relay(message);
    x_.unsynced = true;
    return verdict::done;
}

frontend_flow::verdict frontend_flow::take_execute(base::bytes_view message) {
    const auto execute = wire::decode_execute(message.substr(wire::header_size));
    if (!execute) return broken(execute.error());
    if (x_.server == nullptr) return refused_in_extended() ? verdict::done : verdict::need_server;
    pending_request& entry = x_.push(request_kind::execute);
    const bound_portal* portal = x_.portals.find(execute->portal);
    if (portal == nullptr && x_.portals.is_forgetful()) {
        entry.may_copy_in = true;
        if (x_.rewrites) pin(x_, metrics::pin_reason::other);
    }
    const effect effects = portal == nullptr ? effect::none : portal->effects;
    entry.ends_transaction = sql::has(effects, effect::explicit_commit);
    entry.plain_read = portal != nullptr && portal->only_reads();
    if (!entry.plain_read) x_.may_notify = x_.batch_did_more = true;
    if (sql::has(effects, effect::begins_transaction | effect::set_transaction)) deferred_.learn_from_server();
    entry.may_copy_in = entry.may_copy_in || sql::has(effects, effect::copy);
    entry.defines = sql::has(effects, effect::defines);
    begin_fill(x_, entry);
    mark_execute(x_, portal, entry);
    x_.to_server.relay(message);
    x_.unsynced = true;
    guard_sequences(x_, effects & ~effect::lastval_currval, true);
    if (portal != nullptr) note_execution(x_, *portal);
    if (x_.rewrites && needs_follow_up(effects)) {
        entry.detail = follow_up_of(x_.scan(portal->text));
        entry.detail->effects = effects;
        entry.detail->statement = x_.to_deallocate;
        if (holds_back(x_, effects)) hold_back(x_, entry);
    }
    x_.phases.change(metrics::held_phase::executing, x_.now, *x_.counters);
    return verdict::done;
}

frontend_flow::verdict frontend_flow::take_sync(base::bytes_view message) {
    // A server that copies in ignores Sync, so that a driver may send it right behind Execute.
    if (x_.copy != copy_phase::none) return verdict::done;
    x_.discarding = false;
    if (x_.server == nullptr) {
        // What this Sync would have committed may be lost with its server.
        if (refused_in_simple()) return verdict::done;
        std::string reply;
        wire::append_ready_for_query(reply, x_.client_status);
        x_.answer(reply);
        return verdict::done;
    }
    mark_sync(x_, x_.push(request_kind::sync));
    x_.to_server.relay(message);
    x_.unsynced = false;
    return verdict::done;
}

frontend_flow::verdict frontend_flow::broken(std::error_code why) {
    x_.fatal = failure{.reason = outcome::protocol_violation, .message = why.message()};
    return verdict::failed;
}

}  // namespace pgweir::session

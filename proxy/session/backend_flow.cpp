#include "session/backend_flow.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/hash.hpp"
#include "session/cache_capture.hpp"
#include "session/cache_writes.hpp"
#include "session/effects.hpp"

namespace pgweir::session {

namespace {

// Looked at as a whole whatever its size; everything else above max_whole_message streams. PostgreSQL's 1664 columns
// bound a RowDescription.
bool must_be_whole(char tag) {
    return tag == 'E' || tag == 'S' || tag == 'Z' || tag == 'C' || tag == 'T';
}

description_print print_of(base::bytes_view body, bool no_data) {
    if (no_data) return 0;
    const auto columns = wire::decode_row_description(body);
    if (!columns) return 1;
    // What equalTupleDescs() compares; the table a column comes from may change without harm to a client.
    std::string compared;
    for (const wire::column& column : *columns) {
        compared.append(column.name).push_back('\0');
        compared.append(std::to_string(column.type_oid)).push_back('/');
        compared.append(std::to_string(column.type_modifier)).push_back('\0');
    }
    return base::fingerprint(compared);
}

}  // namespace

backend_flow::progress backend_flow::consume(base::bytes_view input) {
    std::size_t consumed = 0;
    while (consumed < input.size() && x_.server != nullptr) {
        const base::bytes_view rest = input.substr(consumed);
        if (x_.from_server.remaining > 0) {
            const auto count = std::min<std::size_t>(x_.from_server.remaining, rest.size());
            if (x_.from_server.forwarded) x_.to_client.relay(rest.substr(0, count));
            if (x_.fill.is >= cache_fill::state::owned) capture_more(x_, rest.substr(0, count));
            x_.from_server.remaining -= static_cast<std::uint32_t>(count);
            consumed += count;
            continue;
        }
        wire::header header;
        const auto state = wire::read_backend_header(rest, header);
        if (state == wire::header_state::incomplete) break;
        if (state == wire::header_state::invalid) return {consumed, stop::broken};
        if (!x_.pending.empty() && x_.pending.front().wait_before_releasing) return {consumed, stop::gated};
        const base::bytes_view available = rest.substr(0, header.size);
        if (available.size() < header.size) {
            if (header.size <= max_whole_message || must_be_whole(header.tag)) break;
            if (!x_.pending.empty() && x_.pending.front().survey) x_.seen.spoil();
            if (x_.fill.is >= cache_fill::state::owned) capture(x_, header.tag, available);
            relay(available);
            x_.from_server = {static_cast<std::uint32_t>(header.size - available.size()),
                              !absorbing() && !x_.client_gone};
            consumed += available.size();
            continue;
        }
        take(header.tag, available);
        // The next server starts with a clean record.
        if (std::exchange(broken_, false)) return {consumed, stop::broken};
        consumed += available.size();
    }
    return {consumed, stop::need_more};
}

void backend_flow::take(char tag, base::bytes_view message) {
    if (x_.fill.is >= cache_fill::state::owned) capture(x_, tag, message);
    if (x_.lesson.is == setting_lesson::state::asked) hear_lesson(x_, tag, message);
    switch (tag) {
        case 'D':
            if (!x_.pending.empty() && x_.pending.front().survey)
                x_.seen.take_row(message.substr(wire::header_size));
            else
                relay(message);
            break;
        case 'd':
        case 'c':
        case 'V':
        case 'N': relay(message); break;
        case 't': relay(message); break;
        case 'C': take_command_complete(message); break;
        case 'Z': take_ready_for_query(message); break;
        case 'T': take_row_description(message, false); break;
        case 'n': take_row_description(message, true); break;
        case '1': answered(request_kind::parse, message); break;
        case '2': answered(request_kind::bind, message); break;
        case '3': answered(request_kind::close, message); break;
        case 'I':
        case 's':
            if (!x_.pending.empty()) bump_marked(x_);  // a CALL may have committed before its first row
            relay(message);
            if (x_.pending.empty() || x_.pending.front().kind != request_kind::execute) break;
            if (x_.pending.front().fills && x_.fill.is != cache_fill::state::complete) drop_fill(x_);
            x_.pop_front();
            break;
        case 'E': take_error(message); break;
        case 'S': take_parameter_status(message); break;
        case 'G':
        case 'H':
        case 'W': take_copy_response(tag, message); break;
        case 'A': take_notification(message); break;
        default: broken_ = true; break;  // nothing else may come after the login
    }
}

void backend_flow::relay(base::bytes_view bytes) {
    if (!absorbing() && !x_.client_gone) x_.to_client.relay(bytes);
}

void backend_flow::answered(request_kind expected, base::bytes_view message) {
    if (x_.pending.empty() || x_.pending.front().kind != expected) {
        broken_ = true;
        return;
    }
    const auto& detail = x_.pending.front().detail;
    if (expected == request_kind::parse && detail && detail->server_added) detail->statement.mark_parsed();
    relay(message);
    x_.pop_front();
}

void backend_flow::take_row_description(base::bytes_view message, bool no_data) {
    if (x_.pending.empty()) {
        broken_ = true;
        return;
    }
    pending_request& request = x_.pending.front();
    if (request.kind != request_kind::describe_statement && request.kind != request_kind::describe_portal) {
        relay(message);
        return;
    }
    if (request.capture_description || request.compare_description) {
        const auto found = print_of(message.substr(wire::header_size), no_data);
        if (request.detail && request.detail->statement)
            x_.server->statements.set_description(request.detail->statement, found);
        if (request.compare_description) {
            describe_compared(request, found);
        } else if (!request.detail) {
            // By now the name may stand for another statement.
            auto& unnamed = x_.statements.no_name();
            if (unnamed.present && unnamed.generation == request.unnamed_generation) {
                unnamed.description = found;
                unnamed.described_at = x_.schema->get();
            }
        } else if (client_statement* known = x_.statements.find(request.detail->client_name);
                   known != nullptr && known->statement == request.detail->statement) {
            known->description = found;
            known->described_at = x_.schema->get();
        }
    }
    relay(message);
    x_.pop_front();
}

void backend_flow::describe_compared(const pending_request& request, description_print found) {
    const bool same = found == request.detail->expected_description;
    client_statement* known =
        request.detail->client_name.empty() ? nullptr : x_.statements.find(request.detail->client_name);
    // What is told again is no news of the schema.
    if (!same && (known == nullptr || known->changed_at == 0)) x_.schema->add();
    if (known != nullptr) {
        known->result_changed = !same;
        known->changed_at = same ? 0 : x_.schema->get();
    } else if (!same && request.detail->client_name.empty()) {
        x_.statements.no_name().result_changed = true;
    }
}

void backend_flow::take_command_complete(base::bytes_view message) {
    if (x_.pending.empty()) {
        broken_ = true;
        return;
    }
    pending_request& request = x_.pending.front();
    bump_marked(x_);
    // Behind the header stands the tag, with its NUL.
    if (!request.injected && message.size() > wire::header_size)
        completed(x_, request.detail.get(), message.substr(wire::header_size, message.size() - wire::header_size - 1));
    relay(message);
    request.completed = true;
    x_.copy = copy_phase::none;
    x_.copying_out = false;
    if (request.kind == request_kind::execute) x_.pop_front();
}

void backend_flow::take_copy_response(char tag, base::bytes_view message) {
    relay(message);
    x_.copying_out = tag == 'H';
    if (tag == 'H' || x_.pending.empty()) return;
    // A simple query may have another COPY behind this one, whose data are sent ahead as well.
    pending_request& request = x_.pending.front();
    if (request.kind != request_kind::query) request.may_copy_in = false;
    x_.copy = tag == 'G' ? copy_phase::in : copy_phase::both;
    // Syncs that were sent right behind Execute reach a server that now ignores them (manual, "COPY Operations").
    for (std::size_t i = 1; i < x_.pending.size() && x_.pending.at(i).kind == request_kind::sync; ++i) {
        pending_request& ignored = x_.pending.at(i);
        ignored.kind = request_kind::local_answer;
        x_.unsynced = true;
        x_.batch_did_more = x_.batch_did_more || ignored.after_more;
        x_.batch_may_end_block = x_.batch_may_end_block || ignored.may_end_block;
    }
}

void backend_flow::take_parameter_status(base::bytes_view message) {
    const auto status = wire::decode_parameter_status(message.substr(wire::header_size));
    if (!status) {
        broken_ = true;
        return;
    }
    auto& reported = x_.server->reported;
    const auto known =
        std::find_if(reported.begin(), reported.end(), [&](const auto& e) { return e.first == status->name; });
    if (known == reported.end())
        reported.emplace_back(status->name, status->value);
    else
        known->second = status->value;
    const bool held = x_.holding_reports && !is_read_only_report(status->name);
    if (absorbing()) {
        // While settings are being set up, what is actual is not known; a ROLLBACK of ours tells what it undid.
        if (!x_.server->actual) return;
        if (!x_.client_gone && !held) x_.to_client.relay(message);
    } else if (!held) {
        relay(message);
    }
    if (is_read_only_report(status->name)) return;
    x_.desired = x_.desired.with(*x_.texts, status->name, status->value);
    x_.desired_changed();
    // From here on the server tells the other settings in other bytes.
    if (x_.rewrites && status->name == "client_encoding" && !x_.desired.is_ascii()) x_.survey_due = true;
    if (x_.server->actual) x_.server->actual = x_.server->actual->with(*x_.texts, status->name, status->value);
}

void backend_flow::take_notification(base::bytes_view message) {
    if (!x_.rewrites) {
        x_.to_client.relay(message);
        return;
    }
    const auto told = wire::decode_notification(message.substr(wire::header_size));
    if (!told) {
        broken_ = true;
        return;
    }
    listening& listens = x_.listening;
    if (listens.hears_turns && told->channel == turn_channel) {
        if (told->payload != listens.token || listens.token.empty()) return;
        listens.channels.merge(listens.coming);  // from here on the hub tells
        return;
    }
    if (listens.channels.contains(told->channel)) return;
    // Where servers are shared a listening client has its own, or the hub: anybody else's is a leftover.
    if (!x_.pins.any() && !listens.hosted) {
        x_.server->dirty = true;
        return;
    }
    if (x_.client_gone) return;
    if (listens.names == nullptr)
        x_.to_client.relay(message);
    else
        wire::append_notification(
            x_.to_client.own(),
            told->process_id == x_.server->process_id ? listens.process_id : listens.names->client_of(told->process_id),
            told->channel, told->payload);
}

void backend_flow::transaction_ended() {
    x_.tell_schema();
    // A function that was made, called and perhaps dropped in this transaction nobody could look behind.
    if (std::exchange(x_.made_something, false) && x_.rewrites) pin(x_, metrics::pin_reason::routine);
    if (!(x_.settled == x_.desired)) x_.settled = x_.desired;
    if (std::exchange(x_.unshared, 0) > 0) x_.desired_changed();
}

void backend_flow::take_ready_for_query(base::bytes_view message) {
    const auto status = wire::decode_ready_for_query(message.substr(wire::header_size));
    if (!status || x_.pending.empty()) {
        broken_ = true;
        return;
    }
    const pending_request& request = x_.pending.front();
    if (!ends_cycle(request.kind)) {
        broken_ = true;
        return;
    }
    x_.server->transaction_status = *status;
    if (x_.fill.is >= cache_fill::state::executing) finish_fill(x_, *status);
    cycle_ended(x_, *status);
    x_.syntax_unsure = false;
    if (*status == 'I') transaction_ended();
    x_.timed_out.reset();  // what was cancelled has ended, if not by the cancel: the next request has its own time
    x_.copy = copy_phase::none;
    x_.copying_out = false;
    const bool last = x_.pending.size() == 1;
    if (*status == 'I' && last && !x_.unsynced) x_.portals.clear();
    // What a session notifies itself of it is told before ReadyForQuery.
    const bool asks_hub = x_.listening.any() && *status == 'I' && last && !request.injected && !x_.client_gone;
    if (asks_hub || (x_.holding_reports && !request.injected && !x_.client_gone)) {
        // Not before all is as at startup, unless a failed transaction makes that wait.
        x_.held_ready = message;
        x_.listening.pinging = asks_hub;
        if (!asks_hub && (*status == 'E' || !last)) x_.release_ready();
    } else {
        relay(message);
    }
    if (!request.injected) {
        x_.client_status = *status;
        const base::duration took = x_.now - x_.cycle_began;
        x_.counters->query.observe(took);
        x_.counters->queries.add();
        x_.counters->query_nanoseconds.add(took);
        if (x_.limits->slow_query != base::off && took >= x_.limits->slow_query)
            x_.slow = slow_request{x_.texts_sent.answered().text, took, x_.texts_sent.answered().cache};
    }
    x_.pop_front();
    x_.cycle_began = x_.now;
    if (x_.pending.empty()) x_.phases.change(metrics::held_phase::idle_in_transaction, x_.now, *x_.counters);
}

}  // namespace pgweir::session

#include "session/cache_writes.hpp"
#include "session/effects.hpp"
#include "session/frontend_flow.hpp"
#include "sql/large_object_functions.hpp"
#include "wire/frontend.hpp"

// Messages of which only the beginning may be here, and the data of COPY.

namespace pgweir::session {

frontend_flow::verdict frontend_flow::take_bind(const wire::header& header, base::bytes_view available) {
    const auto head = wire::decode_bind_head(available.substr(wire::header_size), available.size() == header.size);
    if (!head) return broken(head.error());
    if (!*head) {
        if (available.size() < max_whole_message) return verdict::need_more;
        x_.fatal = failure{.reason = outcome::message_too_large, .message = "names in Bind are too long"};
        return verdict::failed;
    }
    if (x_.server == nullptr) {
        if (!refused_in_extended()) return verdict::need_server;
        stream(header, available, false);
        return verdict::done;
    }
    bool forwarded = true;
    if (x_.rewrites && rewriter_.prepare_for_use((*head)->statement)) return verdict::need_answer;
    bound_portal& portal = x_.portals.bind((*head)->portal);
    if (x_.rewrites) {
        // A Bind that is replaced by one that must fail takes its own rest with it.
        forwarded = rewriter_.bind(**head, available, header.size);
    } else {
        const sql::effect effects = effects_of(x_, (*head)->statement);
        portal.effects |= effects;
        note_effects_bind(x_, effects);
        x_.push(request_kind::bind);
        x_.to_server.relay(available);
        x_.unsynced = true;
    }
    x_.phases.change(metrics::held_phase::executing, x_.now, *x_.counters);
    stream(header, available, forwarded);
    return verdict::done;
}

frontend_flow::verdict frontend_flow::take_large(const wire::header& header, base::bytes_view available) {
    if (header.tag == 'B') return take_bind(header, available);
    const bool simple = header.tag == 'Q' || header.tag == 'F';
    if (!simple && header.tag != 'P') {
        x_.fatal = failure{.reason = outcome::message_too_large};
        return verdict::failed;
    }
    if (x_.server == nullptr) {
        if (!(simple ? refused_in_simple() : refused_in_extended())) return verdict::need_server;
        stream(header, available, false);
        return verdict::done;
    }
    if (header.tag == 'P') {
        const base::bytes_view body = available.substr(wire::header_size);
        const auto name_end = body.substr(0, max_whole_message).find('\0');
        if (name_end == base::bytes_view::npos) return broken(make_error_code(wire::error_code::missing_terminator));
        if (!x_.rewrites) {
            remember_effects(x_, body.substr(0, name_end), unread_effects);
        } else if (!rewriter_.parse_large(body.substr(0, name_end))) {
            stream(header, available, false);
            return verdict::done;
        }
    } else if (header.tag == 'F') {
        const auto function = wire::decode_called_function(available.substr(wire::header_size));
        if (!function) return verdict::need_more;
        note_function(function);
    } else if (x_.rewrites) {
        pin(x_, metrics::pin_reason::large_message);
    }
    if (!(header.tag == 'P' && x_.rewrites)) {
        pending_request& entry = x_.push(header.tag == 'P'   ? request_kind::parse
                                         : header.tag == 'Q' ? request_kind::query
                                                             : request_kind::function_call);
        if (simple) mark_unknown(x_, entry);
    }
    x_.to_server.relay(available);
    x_.unsynced = header.tag == 'P';
    x_.phases.change(metrics::held_phase::executing, x_.now, *x_.counters);
    stream(header, available, true);
    return verdict::done;
}

frontend_flow::verdict frontend_flow::take_function_call(base::bytes_view message) {
    if (x_.server == nullptr) return refused_in_simple() ? verdict::done : verdict::need_server;
    mark_unknown(x_, x_.push(request_kind::function_call));
    note_function(wire::decode_called_function(message.substr(wire::header_size)));
    x_.to_server.relay(message);
    x_.unsynced = false;
    x_.phases.change(metrics::held_phase::executing, x_.now, *x_.counters);
    return verdict::done;
}

// What any other function leaves behind nobody knows, nor whether a DISCARD ends it.
void frontend_flow::note_function(std::optional<std::uint32_t> oid) {
    if (oid && sql::is_large_object_function(*oid)) return;
    x_.uncleanable = true;
    if (x_.rewrites) pin(x_, metrics::pin_reason::other);
}

// Whether a client sends its data without waiting to be asked for it. Only the answer tells what to make of that.
bool frontend_flow::copy_may_begin() {
    if (x_.server == nullptr || x_.copy != copy_phase::none) return false;
    bool may = false;
    for (std::size_t i = 0; i < x_.pending.size() && !may; ++i) may = x_.pending.at(i).may_copy_in;
    if (may) flush_batch();
    return may;
}

void frontend_flow::take_copy(char tag, base::bytes_view available) {
    x_.to_server.relay(available);
    if (x_.copy == copy_phase::in && tag != 'd') x_.copy = copy_phase::none;
}

void frontend_flow::stream(const wire::header& header, base::bytes_view available, bool forwarded) {
    x_.from_client = {static_cast<std::uint32_t>(header.size - available.size()), forwarded};
}

}  // namespace pgweir::session

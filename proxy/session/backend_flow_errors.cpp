#include <optional>
#include <string>
#include <utility>

#include "session/backend_flow.hpp"
#include "session/cache_writes.hpp"

// What a conversation makes of a server's ErrorResponse.

namespace pgweir::session {

namespace {

constexpr std::string_view query_canceled = "57014";

failure words_of(const wire::error_fields& fields) {
    return {.reason = outcome::server_lost,
            .message = std::string(fields.message()),
            .sqlstate = std::string(fields.sqlstate()),
            .detail = std::string(fields.detail()),
            .hint = std::string(fields.hint()),
            .routine = std::string(fields.field('R'))};
}

// An error that calls a statement by its name on the server, with the name that the client gave it.
std::optional<std::string> in_clients_words(const exchange& x, base::bytes_view message) {
    constexpr std::string_view ours = "\"pgweir_";
    const auto begin = message.find(ours);
    if (!x.rewrites || begin == base::bytes_view::npos) return std::nullopt;
    const auto end = message.find('"', begin + 1);
    if (end == base::bytes_view::npos) return std::nullopt;
    const auto name = x.statements.name_of(message.substr(begin + 1, end - begin - 1));
    if (!name) return std::nullopt;
    std::string body(message.substr(wire::header_size, begin + 1 - wire::header_size));
    body.append(*name).append(message.substr(end));
    std::string told;
    wire::append_error_fields(told, body);
    return told;
}

// Whether a Sync comes before a Query, which the server would skip as well.
bool skipped_up_to_sync(const exchange& x) {
    for (std::size_t i = 0; i < x.pending.size(); ++i) {
        const request_kind kind = x.pending.at(i).kind;
        if (kind == request_kind::sync) return true;
        if (kind == request_kind::query || kind == request_kind::function_call) return false;
    }
    return x.unsynced;
}

}  // namespace

void backend_flow::take_error(base::bytes_view message) {
    const auto fields = wire::decode_error(message.substr(wire::header_size));
    if (!fields) {
        broken_ = true;
        return;
    }
    x_.counters->count_error(metrics::error_source::server, fields->sqlstate());
    if (fields->severity() == "FATAL" || fields->severity() == "PANIC") {
        // The connection is about to close. The client is told when it has, and stays.
        x_.server->last_words = words_of(*fields);
        return;
    }
    if (x_.pending.empty()) {
        relay(message);
        return;
    }
    x_.doubt_resets();
    pending_request& request = x_.pending.front();
    // A client that has gone has no transaction to lose: what stands behind is skipped, and the server is as it was.
    if (request.deferred_begin && !(x_.client_gone && skipped_up_to_sync(x_))) {
        x_.server->last_words = x_.timed_out ? *x_.timed_out : words_of(*fields);
        x_.begin_failed = broken_ = true;
        return;
    }
    if (x_.timed_out && fields->sqlstate() == query_canceled && !request.injected) {
        if (!request.detail) x_.pending.attach(request, std::make_unique<request_detail>());
        request.detail->substitute = std::move(*x_.timed_out);
        x_.timed_out.reset();
    }
    if (!ends_cycle(request.kind)) {
        take_extended_error(message, *fields);
        return;
    }
    x_.copy = copy_phase::none;
    if (request.injected) {
        x_.injected_failure = words_of(*fields);
        return;
    }
    if (request.detail && request.detail->substitute.reason != outcome::none) {
        append_failure(x_.to_client.own(), request.detail->substitute);
        request.detail->substitute = {};
    } else {
        relay(message);
    }
    x_.undo(request);
}

void backend_flow::take_extended_error(base::bytes_view message, const wire::error_fields& fields) {
    pending_request& request = x_.pending.front();
    note_plan_failure(request, fields);
    if (!x_.client_gone) {
        // An injected request fails on behalf of the client's message that needed it.
        if (request.detail && request.detail->substitute.reason != outcome::none)
            append_failure(x_.to_client.own(), request.detail->substitute);
        else if (const auto told = in_clients_words(x_, message))
            x_.to_client.own().append(*told);
        else
            x_.to_client.relay(message);
    }
    x_.copy = copy_phase::none;
    skip_until_sync();
}

void backend_flow::note_plan_failure(const pending_request& request, const wire::error_fields& fields) {
    if (request.kind != request_kind::bind && request.kind != request_kind::describe_statement) return;
    if (request.detail && request.detail->substitute.reason != outcome::none) return;
    // "cached plan must not change result type": the message is translated by lc_messages and the code is shared; what
    // else it means costs one Parse. What is prepared anew must not meet the same plan on another server.
    const bool outdated = fields.sqlstate() == "0A000";
    if (outdated) x_.schema->add();
    // "prepared statement does not exist": somebody took one of ours away.
    if (outdated || fields.sqlstate() == "26000") x_.server->statements.outdate_all();
}

void backend_flow::skip_until_sync() {
    std::size_t skipped = 0;
    while (skipped < x_.pending.size() && x_.pending.at(skipped).kind != request_kind::sync) ++skipped;
    // Backwards: a name that was entered and taken out again must end as it was before both.
    for (std::size_t i = skipped; i > 0; --i) x_.undo(x_.pending.at(i - 1));
    for (std::size_t i = 0; i < skipped; ++i) {
        bump_and_release(x_, x_.pending.front());
        x_.pending.pop_front();
    }
    if (!x_.pending.empty()) return;
    // A simple Query behind unsynced messages is skipped, too: the server reads nothing but Sync now.
    x_.discarding = true;
    x_.unsynced = true;
}

}  // namespace pgweir::session

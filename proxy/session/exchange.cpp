#include "session/exchange.hpp"

#include <utility>

namespace pgweir::session {

void exchange::answer(std::string_view reply) {
    if (pending.empty()) {
        to_client.own().append(reply);
        return;
    }
    pending_request& entry = push(request_kind::local_answer);
    entry.detail = std::make_unique<request_detail>();
    entry.detail->reply = reply;
}

void exchange::release_local_answers() {
    while (!pending.empty() && pending.front().kind == request_kind::local_answer) {
        const pending_request& head = pending.front();
        if (head.detail) to_client.own().append(head.detail->reply);
        pending.pop_front();
    }
}

void exchange::pop_front() {
    if (pending.front().wait_before_forwarding) --forward_gates;
    pending.pop_front();
    release_local_answers();
}

void exchange::undo(pending_request& skipped) {
    if (skipped.wait_before_forwarding) {
        --forward_gates;
        skipped.wait_before_forwarding = false;
    }
    if (skipped.unnamed_parse) {
        statements.drop_unnamed();
        if (server != nullptr) server->unnamed_client = 0;
    }
    if (!skipped.detail) return;
    request_detail& detail = *skipped.detail;
    switch (detail.statement_change) {
        case request_detail::change::none:
        case request_detail::change::client_cleared: break;
        case request_detail::change::client_added: statements.remove(detail.client_name); break;
        case request_detail::change::client_removed:
            statements.add(detail.client_name, client_statement{detail.statement, std::nullopt, detail.effects});
            break;
    }
    if (server == nullptr) return;
    if (detail.server_added) server->statements.remove(detail.statement);
    if (detail.server_removed) server->statements.add_last(detail.statement);
}

}  // namespace pgweir::session

#include "session/statement_rewriter.hpp"

// What must be known before a statement is touched, while answers of earlier batches are under way.

namespace pgweir::session {

// An error skips what follows up to Sync. Within its own batch a request may therefore rely on those before it.
template <class Matches>
bool statement_rewriter::in_earlier_batch(Matches matches) const {
    bool other_batch = false;
    for (std::size_t i = x_.pending.size(); i > 0; --i) {
        const pending_request& request = x_.pending.at(i - 1);
        if (matches(request)) return other_batch;
        other_batch = other_batch || request.kind == request_kind::sync;
    }
    return false;
}

bool statement_rewriter::unsettled(std::string_view name) const {
    if (name.empty()) return in_earlier_batch([](const pending_request& request) { return request.unnamed_parse; });
    if (x_.pending.uncertain() == 0) return false;
    const auto changes_name = [name](const pending_request& request) {
        return request.uncertain && request.detail->statement_change != request_detail::change::none &&
               request.detail->client_name == name;
    };
    if (in_earlier_batch(changes_name)) return true;
    const client_statement* known = x_.statements.find(name);
    return known != nullptr && !known->raw && unsettled(known->statement);
}

bool statement_rewriter::must_wait(const wire::parse_message& message) const {
    if (message.statement.empty() || x_.pending.uncertain() == 0) return false;
    return unsettled(message.statement) ||
           unsettled(prepared_statement::make(*x_.texts, message.parameter_types, x_.identity(), message.text));
}

bool statement_rewriter::unsettled(const prepared_statement& statement) const {
    if (x_.pending.uncertain() == 0) return false;
    // To make room, one that is perhaps not there would have to be closed.
    const auto& there = x_.server->statements;
    const bool evicts =
        there.size() >= x_.limits->max_prepared && there.state_of(statement) != server_statements::presence::current;
    bool earlier = false;
    return in_earlier_batch([&](const pending_request& request) {
        earlier = earlier || request.kind == request_kind::sync;
        if (!request.uncertain || !(request.detail->server_added || request.detail->server_removed)) return false;
        return request.detail->statement == statement || (evicts && earlier);
    });
}

// Of the batches that are still unanswered any may leave a failed transaction behind; the one that this Parse belongs
// to may not, since an error in it skips the Parse, too.
bool statement_rewriter::transaction_may_have_failed() const {
    if (x_.server->transaction_status == 'E') return true;
    for (std::size_t i = 0; i < x_.pending.size(); ++i) {
        const request_kind kind = x_.pending.at(i).kind;
        if (kind == request_kind::sync || kind == request_kind::query || kind == request_kind::function_call)
            return true;
    }
    return false;
}

}  // namespace pgweir::session

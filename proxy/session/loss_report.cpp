#include "session/loss_report.hpp"

#include <utility>

#include "wire/backend.hpp"

namespace pgweir::session {

void loss_report::tell() {
    if (x_.pending.empty()) return tell_of_block_alone();
    for (std::size_t i = 0; i < x_.pending.size(); ++i) answer(i);
    // Backwards: a name that was entered and taken out again must end as it was before both.
    for (std::size_t i = undone_.size(); i > 0; --i) x_.undo(x_.pending.at(undone_[i - 1]));
    while (!x_.pending.empty()) x_.pending.pop_front();
    x_.discarding = skipping_;
    x_.unsynced = false;
    if (in_block_)
        x_.lost.active = true;
    else
        x_.lost.untold.reset();
    x_.client_status = !in_block_ ? 'I' : x_.lost.untold ? 'T' : 'E';
}

// Nothing is asked, so nothing can be answered: it is told with the next request.
void loss_report::tell_of_block_alone() {
    if (in_block_) {
        x_.lost = {.active = true, .untold = why_};
        x_.client_status = 'E';
    } else if (x_.unsynced) {
        x_.refusal = why_;
    }
    x_.unsynced = false;
}

void loss_report::answer(std::size_t index) {
    const pending_request& request = x_.pending.at(index);
    if (request.deferred_begin) return;
    if (request.kind == request_kind::local_answer) {
        if (skipping_)
            undone_.push_back(index);
        else if (request.detail)
            x_.to_client.own().append(request.detail->reply);
        return;
    }
    if (request.begins_block && !in_block_ && !skipping_) return begin(index, request.completed);
    if (!skipping_) fail(request);
    if (request.ends_transaction) in_block_ = false;
    undone_.push_back(index);
    skipping_ = !ends_cycle(request.kind);
    if (skipping_) return;
    x_.client_status = in_block_ ? 'E' : 'I';
    wire::append_ready_for_query(x_.to_client.own(), x_.client_status);
}

// As in frontend_flow::begin_refused(): the transaction fails with its first statement.
void loss_report::begin(std::size_t index, bool completed) {
    undone_.push_back(index);
    in_block_ = true;
    x_.lost.untold = why_;
    if (!completed) wire::append_command_complete(x_.to_client.own(), "BEGIN");
    wire::append_ready_for_query(x_.to_client.own(), 'T');
}

void loss_report::fail(const pending_request& request) {
    x_.lost.untold.reset();
    failure told = why_;
    if (request.ends_transaction) {
        told.reason = outcome::commit_in_doubt;
        told.sqlstate.clear();
        told.detail = std::exchange(told.message, {});
    }
    append_failure(x_.to_client.own(), told, severity::error);
    x_.counters->count_error(metrics::error_source::proxy, describe(told.reason).sqlstate);
}

}  // namespace pgweir::session

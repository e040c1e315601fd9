#include <algorithm>
#include <chrono>
#include <utility>

#include "session/cache_capture.hpp"
#include "session/cache_writes.hpp"
#include "session/conversation.hpp"
#include "session/loss_report.hpp"

// What a conversation makes of lost servers and of time that has run out.

namespace pgweir::session {

namespace {

// A server that does not answer a cancel within this time is not waited for.
constexpr base::duration cancel_patience = std::chrono::seconds(5);

}  // namespace

void conversation::server_lost(base::time_point now) {
    if (x_.server == nullptr) return;
    x_.now = now;
    failure why{.reason = outcome::server_lost};
    if (x_.server->last_words) why = *x_.server->last_words;
    const char status = x_.server->transaction_status;
    const bool nothing_asked = applying_ || cleaning_ || unhosting_;
    marks_lost(x_, x_.server->process_id);
    if (x_.fill.is >= cache_fill::state::executing) drop_fill(x_);
    const bool state_unknown = surveying_ || x_.survey_due || x_.holding_reports;
    x_.phases.stop(now, *x_.counters);
    x_.server = nullptr;
    x_.to_server.clear();
    x_.copy = copy_phase::none;
    x_.from_client.forwarded = x_.batch_did_more = x_.batch_may_end_block = false;
    x_.reset_due = {};
    x_.tell_schema();  // it may have been committed
    x_.made_something = false;
    x_.syntax_unsure = x_.holding_reports = false;
    // What the client was to be told behind its answer it is told now; a RESET that is not told in full has lost it all.
    if (!state_unknown && !x_.client_gone) x_.to_client.own().append(x_.held_ready);
    x_.held_ready.clear();
    forget_host();
    x_.unshared = 0;
    if (status != 'I') x_.desired = x_.settled;  // what was set in the transaction went with it
    x_.desired_changed();
    x_.timed_out.reset();
    const bool served = served_;
    takes_over_ = applying_ = cleaning_ = surveying_ = x_.survey_due = served_ = false;

    if (x_.client_gone) {
        while (!x_.pending.empty()) x_.pop_front();
        return;
    }
    if (x_.from_server.remaining > 0 && x_.from_server.forwarded) {
        cut_ = true;
        x_.fatal = why;
        forget_pending();
        return;
    }
    x_.from_server = {};
    if (nothing_asked && !served) {
        // Only our own settings or a ROLLBACK were on their way: the client's request is unread and gets another server.
        forget_pending();
        return;
    }
    if (!x_.rewrites || x_.pins.any() || state_unknown) {
        // Session state is gone with the server. Directly on PostgreSQL the connection would be, too.
        x_.fatal = why;
        forget_pending();
        return;
    }
    if (nothing_asked) {
        forget_pending();
        return;
    }
    loss_report(x_, why, status != 'I').tell();
}

void conversation::forget_pending() {
    for (std::size_t i = x_.pending.size(); i > 0; --i) x_.undo(x_.pending.at(i - 1));
    while (!x_.pending.empty()) {
        bump_and_release(x_, x_.pending.front());
        x_.pending.pop_front();
    }
    x_.unsynced = false;
}

base::time_point conversation::deadline() const {
    const session::settings& limits = *x_.limits;
    base::time_point nearest = base::never;
    const auto consider = [&](base::time_point since, base::duration limit) {
        if (limit != base::off) nearest = std::min(nearest, since + limit);
    };
    if (x_.server != nullptr && waits_for_injected()) consider(injected_at_, limits.setup_timeout);
    if (x_.client_gone) return nearest;
    if (x_.server == nullptr) {
        if (wants_server_ || awaits_cache() || !x_.pending.empty()) return nearest;
        consider(idle_since_, x_.deferred.active ? limits.idle_in_transaction_timeout : limits.client_idle_timeout);
        if (x_.deferred.active) consider(x_.deferred.since, limits.transaction_timeout);
        return nearest;
    }
    const bool in_block = x_.server->transaction_status != 'I';
    if (!x_.pending.empty()) {
        if (cancelled_at_ != base::never) return cancelled_at_ + cancel_patience;
        consider(x_.cycle_began, limits.query_timeout);
        if (in_block) consider(transaction_since_, limits.transaction_timeout);
    } else if (in_block) {
        consider(idle_since_, limits.idle_in_transaction_timeout);
        consider(transaction_since_, limits.transaction_timeout);
    } else {
        consider(idle_since_, limits.client_idle_timeout);
    }
    return nearest;
}

bool conversation::expire(base::time_point now) {
    x_.now = now;
    if (deadline() > now) return false;
    const session::settings& limits = *x_.limits;
    close_reason_ = metrics::server_disconnect_reason::lost;
    if (x_.server != nullptr && waits_for_injected() && injected_at_ + limits.setup_timeout <= now) {
        // A backend that hangs: its kernel acknowledges, so nobody else notices.
        close_reason_ = cleaning_    ? metrics::server_disconnect_reason::reset_failed
                        : surveying_ ? metrics::server_disconnect_reason::check_failed
                        : probing_   ? metrics::server_disconnect_reason::check_failed
                                     : metrics::server_disconnect_reason::state_failed;
        server_lost(now);
        return true;
    }
    const auto due = [now](base::time_point since, base::duration limit) {
        return limit != base::off && since + limit <= now;
    };
    if (x_.deferred.active && x_.server == nullptr) {
        abandon_transaction({.reason = due(x_.deferred.since, limits.transaction_timeout)
                                           ? outcome::transaction_timeout
                                           : outcome::idle_in_transaction_timeout});
        return false;
    }
    if (x_.server == nullptr || (x_.pending.empty() && x_.server->transaction_status == 'I')) {
        x_.fatal = failure{.reason = outcome::client_idle_timeout};
        return false;
    }
    const bool transaction =
        x_.server->transaction_status != 'I' && due(transaction_since_, limits.transaction_timeout);
    if (x_.pending.empty()) {
        abandon_transaction(
            {.reason = transaction ? outcome::transaction_timeout : outcome::idle_in_transaction_timeout});
        return false;
    }
    if (cancelled_at_ != base::never) {
        x_.server->last_words = x_.timed_out.value_or(failure{.reason = outcome::query_timeout});
        server_lost(now);
        return true;
    }
    // The server is asked to stop; its answer to the cancel is what the client gets, in our words.
    x_.timed_out = failure{.reason = transaction ? outcome::transaction_timeout : outcome::query_timeout};
    cancelled_at_ = now;
    cancel_due_ = true;
    return false;
}

void conversation::abandon_transaction(failure why) {
    x_.counters->count_error(metrics::error_source::proxy, describe(why.reason).sqlstate);
    if (!x_.rewrites || x_.pins.any()) {
        x_.fatal = std::move(why);
        return;
    }
    x_.deferred.active = false;
    x_.lost = {.active = true, .untold = std::move(why)};
    x_.client_status = 'E';
    if (x_.server == nullptr) return;
    inject("ROLLBACK");
    cleaning_ = true;
}

}  // namespace pgweir::session

#include "session/conversation.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "session/cache_capture.hpp"
#include "session/cache_writes.hpp"
#include "session/effects.hpp"
#include "wire/backend.hpp"
#include "wire/frontend.hpp"

namespace pgweir::session {

void conversation::set_state(parameters startup, parameters desired, std::string scope) {
    x_.parse_scope = std::move(scope);
    x_.startup = std::move(startup);
    x_.initial = x_.desired = std::move(desired);
    x_.settled = x_.desired;
    x_.startup.for_each([this](std::string_view name, std::string_view) {
        if (name.find('.') != std::string_view::npos) x_.custom_names.emplace(name);
    });
    x_.desired_changed();
}

frontend_flow::progress conversation::from_client(base::bytes_view input, base::time_point now) {
    x_.now = now;
    if (idle_since_ == base::time_point{}) idle_since_ = now;
    const auto progress = frontend_.consume(input);
    wants_server_ = progress.why == frontend_flow::stop::need_server;
    ping_hub();
    if (progress.consumed > 0) {
        idle_since_ = now;
        served_ = served_ || x_.server != nullptr;
        if (x_.server != nullptr && std::exchange(survey_again_, false)) x_.survey_due = true;
    }
    return progress;
}

backend_flow::progress conversation::from_server(base::bytes_view input, base::time_point now) {
    x_.now = now;
    const auto progress = backend_.consume(input);
    if (progress.why == backend_flow::stop::broken)
        close_server(x_.begin_failed ? metrics::server_disconnect_reason::state_failed
                                     : metrics::server_disconnect_reason::protocol_error);
    after_server(now);
    return progress;
}

void conversation::lend(server_state& server, base::time_point now, bool probe) {
    x_.now = now;
    x_.server = &server;
    x_.refusal.reset();
    x_.phases.start(metrics::held_phase::setup, now);
    transaction_since_ = now;
    surveying_ = survey_again_ = x_.survey_due = false;
    x_.cancels = 0;
    takes_over_ = false;
    close_ = clean_ = cleaning_ = served_ = x_.uncleanable = x_.own_sequences = x_.may_notify = x_.yields = false;
    x_.begin_failed = false;
    x_.lesson.is = setting_lesson::state::none;
    cancelled_at_ = base::never;
    if (!x_.desired.key()) {
        x_.settled = x_.initial = x_.desired = server.baseline.overlaid(*x_.texts, x_.startup);
        x_.desired_changed();
    }
    if (x_.rewrites && finds_temp(x_)) pin(x_, metrics::pin_reason::temp_table);
    const transition plan = plan_transition(server.actual, server.baseline, x_.desired);
    if (plan.needs_other_server) {
        close_server(metrics::server_disconnect_reason::state_failed);
        return;
    }
    std::string sql = plan.sql;
    if (x_.listening.any()) {
        if (!sql.empty()) sql += "; ";
        sql += hosting_commands();
        x_.listening.hosted = true;
    }
    if (sql.empty() && !probe) return;
    applying_ = true;
    takes_over_ = !took_over_in_vain_ && server.actual && !(*server.actual == server.baseline);
    probing_ = sql.empty();
    server.actual.reset();  // until it is known to have worked
    inject(sql);
}

void conversation::inject(std::string_view sql) {
    if (x_.unsynced) {
        // After an error the server would skip the query.
        wire::append_sync(x_.to_server.own());
        pending_request& sync = x_.push(request_kind::sync);
        sync.injected = true;
        mark_sync(x_, sync);
    }
    wire::append_query(x_.to_server.own(), sql);
    x_.server->unnamed_client = 0;  // a simple query destroys the unnamed statement
    pending_request& entry = x_.push(request_kind::query);
    entry.injected = true;
    entry.wait_before_forwarding = true;
    ++x_.forward_gates;
    x_.unsynced = false;
    x_.injected_failure.reset();
    injected_at_ = x_.now;
}

void conversation::after_server(base::time_point now) {
    if (x_.server == nullptr || close_) return;
    if (applying_ && x_.pending.empty()) applied();
    if (surveying_ && x_.pending.empty()) surveyed();
    // What was cancelled has answered to its end, which may come behind its error: whatever runs now gets its own time.
    if (x_.pending.empty() || x_.cycle_began >= cancelled_at_) {
        cancelled_at_ = base::never;
        x_.timed_out.reset();
    }
    if (x_.pending.empty()) {
        idle_since_ = now;
        if (cleaning_) {
            cleaning_ = false;
            if (x_.injected_failure || x_.server->transaction_status != 'I')
                close_server(metrics::server_disconnect_reason::reset_failed);
        }
    }
    if (x_.client_gone)
        finish_for_gone_client();
    else if (survey_wanted())
        begin_survey();
    else if (!close_)
        return_to_startup();
    if (x_.listening.hosted || turn_ != turn::none) move_listening_on();
    ping_hub();
    settle_answers();
    x_.tell_notifications();
    if (surveying_ || turn_ != turn::none || x_.server == nullptr || !at_boundary()) return;
    if (x_.lesson.is == setting_lesson::state::answered && !x_.survey_due) learn_lesson(x_);
    count_pins();
}

// What is not at the server's default was not reset: the RESET was rolled back. Of a custom setting that is ''.
bool conversation::has_default(const std::string& name, bool surveyed) const {
    if (x_.server->reports(name)) return x_.server->has_default(name);
    const auto found = surveyed ? x_.desired.find(name) : std::nullopt;
    return !found || (found->empty() && name.find('.') != std::string::npos);
}

void conversation::return_to_startup() {
    if (!x_.reset_due.any()) return;
    if (!x_.pending.empty() || x_.unsynced || x_.server->transaction_status == 'E') return;
    // What a block is returned to here it loses again when it is rolled back.
    if (x_.server->transaction_status != 'I') x_.doubt_resets();
    const resets due = std::exchange(x_.reset_due, {});
    std::vector<parameters::entry> others;
    parameters wanted = x_.desired;
    for (const auto& [name, value] : x_.startup.entries()) {
        const bool named = std::find(due.names.begin(), due.names.end(), name) != due.names.end();
        const bool with_all = due.all && (due.identity || !is_identity(name));
        if ((with_all || named) && has_default(name, due.surveyed))
            wanted = wanted.with(*x_.texts, name, value);
        else if (const auto kept = x_.desired.find(name))
            others.emplace_back(name, *kept);
    }
    for (const auto& [name, value] : x_.desired.entries()) {
        if (!x_.startup.find(name)) others.emplace_back(name, value);
    }
    const bool identity_due =
        due.identity || std::any_of(due.names.begin(), due.names.end(), [](const auto& e) { return is_identity(e); });
    // What role a pinned session has taken on since nobody has looked at, and RESET ALL leaves it alone.
    const bool leaves_identity = x_.pins.any() && !identity_due;
    parameters target = wanted;
    if (leaves_identity) {
        auto entries = wanted.entries();
        const auto identity = [](const parameters::entry& each) { return is_identity(each.first); };
        std::erase_if(entries, identity);
        std::erase_if(others, identity);
        target = parameters::make(*x_.texts, std::move(entries));
    }
    const transition plan = plan_transition(parameters::make(*x_.texts, std::move(others)), {}, target);
    if (plan.sql.empty()) return;
    x_.desired = wanted;
    x_.desired_changed();
    applying_ = true;
    x_.server->actual.reset();
    inject(plan.sql);
}

void conversation::applied() {
    applying_ = false;
    const bool took_over = std::exchange(takes_over_, false);
    const bool again = std::exchange(took_over_in_vain_, false);
    if (x_.injected_failure && took_over && !again) {
        // Perhaps what the client before has set cannot be taken back: the next server will tell.
        took_over_in_vain_ = true;
        x_.injected_failure.reset();
        close_server(metrics::server_disconnect_reason::state_failed);
        return;
    }
    if (x_.injected_failure) {
        failure why = std::move(*x_.injected_failure);
        why.reason = outcome::state_not_applied;
        x_.injected_failure.reset();
        x_.refusal = std::move(why);
        close_server(metrics::server_disconnect_reason::state_failed);
        return;
    }
    // The server reports values in its own spelling; in that spelling they are compared from now on, or a client that
    // asks for DateStyle ISO would differ for ever from a server that says "ISO, MDY".
    auto canonical = x_.desired.entries();
    for (const auto& [name, value] : x_.server->reported) {
        if (!is_read_only_report(name)) canonical.emplace_back(name, value);
    }
    const bool set_nothing = x_.desired == x_.initial;
    x_.desired = parameters::make(*x_.texts, std::move(canonical));
    if (set_nothing) x_.initial = x_.desired;
    x_.server->actual = x_.desired;
    if (x_.server->transaction_status == 'I') x_.settled = x_.desired;
    x_.desired_changed();
}

bool conversation::at_boundary() const {
    return x_.pending.empty() && !x_.unsynced && x_.from_client.remaining == 0 && x_.copy == copy_phase::none &&
           x_.server->transaction_status == 'I';
}

conversation::server_fate conversation::fate() const {
    if (x_.server == nullptr) return server_fate::none;
    if (close_) return server_fate::close;
    if (applying_ || cleaning_ || surveying_ || unhosting_ || turn_ != turn::none || !at_boundary())
        return server_fate::keep;
    if ((x_.listening.hosted || !x_.held_ready.empty()) && !x_.client_gone) return server_fate::keep;
    if (x_.server->dirty) return server_fate::close;
    if (x_.client_gone) return server_fate::give_back;
    const bool kept = !x_.rewrites || x_.pins.any();
    return kept || !served_ ? server_fate::keep : server_fate::give_back;
}

void conversation::take_back(base::time_point now) {
    x_.now = now;
    x_.phases.stop(now, *x_.counters);
    if (!close_) {
        x_.counters->transactions.add();
        const base::duration held = now - transaction_since_;
        x_.counters->transaction.observe(held);
        x_.counters->transaction_nanoseconds.add(held);
    }
    forget_host();
    settle_answers();
    if (x_.fill.is >= cache_fill::state::executing) drop_fill(x_);
    marks_lost(x_, x_.server->process_id);
    x_.server = nullptr;
    x_.to_server.clear();
    served_ = close_ = false;
}

void conversation::refuse(failure why) {
    drop_fill(x_);
    x_.refusal = std::move(why);
}

void conversation::close_server(metrics::server_disconnect_reason why) {
    close_ = true;
    close_reason_ = why;
}

void conversation::client_left(bool orderly, base::time_point now) {
    x_.now = now;
    x_.client_gone = true;
    if (x_.fill.is < cache_fill::state::executing) drop_fill(x_);
    x_.to_client.clear();
    if (x_.server == nullptr || close_) return;
    if (x_.from_client.remaining > 0 && x_.from_client.forwarded) {
        // Half a message is with the server: nothing that follows could be understood.
        close_server(metrics::server_disconnect_reason::client_left_midway);
        return;
    }
    x_.from_client = {};  // the rest of a message that was to be dropped will not come
    if (!orderly && !x_.pending.empty()) {
        // What PostgreSQL would have finished and committed is left to finish; the rest is wasted work.
        bool commits = false;
        bool only_reads = true;
        for (std::size_t i = 0; i < x_.pending.size(); ++i) {
            commits = commits || x_.pending.at(i).ends_transaction;
            const request_kind kind = x_.pending.at(i).kind;
            if (kind == request_kind::query || kind == request_kind::execute)
                only_reads = only_reads && x_.pending.at(i).plain_read;
            only_reads = only_reads && !x_.pending.at(i).after_more;
        }
        cancel_due_ = !commits && (x_.server->transaction_status != 'I' || only_reads || x_.copying_out);
    }
    finish_for_gone_client();
}

namespace {

// Beside those that every session of the server has.
bool holds_custom(const server_state& server) {
    if (!server.actual) return true;
    bool holds = false;
    server.actual->for_each([&](std::string_view name, std::string_view) {
        holds = holds || (name.find('.') != std::string_view::npos && !server.baseline.find(name));
    });
    return holds;
}

}  // namespace

void conversation::finish_for_gone_client() {
    x_.to_client.clear();
    if (x_.server == nullptr || close_) return;
    if (x_.copy != copy_phase::none) {
        // Also when the server asks for data only now.
        wire::append_copy_fail(x_.to_server.own(), "client connection lost");
        x_.copy = copy_phase::none;
    }
    if (x_.unsynced) {
        // A bare Sync would commit what the client never asked to be committed.
        if (!x_.discarding) provoke_error(x_).injected = true;
        wire::append_sync(x_.to_server.own());
        x_.push(request_kind::sync).injected = true;
        x_.unsynced = false;
        x_.discarding = false;
    }
    if (!x_.pending.empty() || applying_ || cleaning_) return;
    turn_ = turn::none;
    unhosting_ = false;
    const bool discards = !clean_ && (!x_.rewrites || x_.pins.any() || x_.listening.hosted);
    const bool custom_left = !x_.custom_names.empty() && (x_.survey_due || (discards && holds_custom(*x_.server)));
    if (x_.names_unknown || custom_left) {
        // No DISCARD takes a custom setting away.
        close_server(metrics::server_disconnect_reason::uncleanable);
    } else if (x_.server->transaction_status != 'I') {
        inject("ROLLBACK");
        cleaning_ = true;
    } else if (x_.uncleanable) {
        close_server(metrics::server_disconnect_reason::uncleanable);
    } else if (discards) {
        inject("DISCARD ALL");
        cleaning_ = clean_ = true;
        x_.server->statements.clear();
        x_.server->unnamed_client = 0;
        x_.server->actual = x_.server->baseline;
        x_.phases.change(metrics::held_phase::setup, x_.now, *x_.counters);
    } else if (x_.survey_due) {
        x_.server->actual.reset();
    }
}

void conversation::client_stalled(bool stalled, base::time_point now) {
    if (x_.server == nullptr || x_.pending.empty()) return;
    x_.phases.change(stalled ? metrics::held_phase::client_stalled : metrics::held_phase::executing, now, *x_.counters);
}

}  // namespace pgweir::session

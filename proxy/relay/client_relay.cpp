#include <algorithm>
#include <chrono>
#include <cstring>
#include <mutex>
#include <utility>

#include "base/log.hpp"
#include "net/fault_points.hpp"
#include "relay/client.hpp"
#include "relay/worker_services.hpp"
#include "sql/words.hpp"

// Between a client and the servers it is lent.

namespace pgweir::relay {

using metrics::server_disconnect_reason;
using session::frontend_flow;
using session::outcome;
using fate = session::conversation::server_fate;

namespace {

// bypass:not_worth, say; - for what is no read, and where nothing is cached.
std::string name_of(const session::cache_verdict& verdict) {
    if (!verdict.result) return "-";
    std::string name(metrics::name_of(*verdict.result));
    if (*verdict.result == metrics::cache_result::bypass) name.append(":").append(metrics::name_of(verdict.why));
    return name;
}

}  // namespace

void client::feed(base::bytes_view fresh) {
    yield_to_waiters();
    const bool kept = !unread_.empty();
    if (kept) unread_.append(fresh);
    const base::bytes_view input = kept ? unread_.view() : fresh;
    std::size_t consumed = 0;
    while (true) {
        const auto progress = conversation_->from_client(input.substr(consumed), now());
        consumed += progress.consumed;
        stopped_ = progress.why;
        if (stopped_ != frontend_flow::stop::need_server || borrower_.waits()) break;
        if (!borrow()) break;
    }
    flush_server();
    conversation_->to_server().settle();
    conversation_->to_client().settle();
    if (kept)
        unread_.consume(consumed);
    else if (consumed < input.size())
        unread_.append(input.substr(consumed));
    flush_client();
    if (const auto slow = conversation_->take_slow()) log_slow(*slow);
    if (phase_ != phase::relaying) return;
    if (stopped_ == frontend_flow::stop::terminated) {
        // What was asked before is still answered; after_events() sees when.
        terminated_ = true;
        unread_.clear();
        return;
    }
    if (conversation_->fatal()) close_with(*conversation_->fatal());
}

// A client that always has a request under way would never come to a boundary where its server can go.
void client::yield_to_waiters() {
    constexpr base::duration own_time = std::chrono::milliseconds(10);
    if (!server_ || conversation_->pending() == 0 || now() - lent_at_ < own_time) return;
    const std::lock_guard lock(services_.directory.mutex());
    if (pool_->servers.oldest_waiter() != nullptr) conversation_->yield();
}

// False: its server comes later.
bool client::borrow() {
    if (cache_holds_back()) return false;
    switch (borrower_.ask(conversation_->desired().key())) {
        case borrower::answer::waits: return false;
        case borrower::answer::lent: take_server(borrower_.take_server()); break;
        case borrower::answer::refused:
            // Who is not greeted yet is told at the end of the tick.
            if (phase_ != phase::greeting) conversation_->refuse(std::move(*borrower_.take_refusal()));
            break;
    }
    return true;
}

// Nobody writes before a pgweir that serves from its memory alone knows that it is not alone.
bool client::cache_holds_back() {
    return pool_->cache() != nullptr && !pool_->cache()->may_lend(id());
}

void client::on_cache_moved() {
    if (phase_ == phase::greeting && conversation_ && !server_ && !borrower_.waits()) ask_for_greeting();
    feed_if_stopped();
    after_events();
}

void client::take_server(std::unique_ptr<upstream::server> server) {
    if (phase_ != phase::relaying && phase_ != phase::greeting) {
        services_.servers.give_back(std::move(server));
        return;
    }
    net::pass(net::fault_point::server_lent);
    server_ = std::move(server);
    if (cache_) cache_->use_server(&server_->state);
    server_->set_user(this);
    lent_at_ = now();
    const bool to_be_probed = server_->unused_for(served_by_->pool.server_check_after, now());
    conversation_->lend(server_->state, now(), to_be_probed);
    flush_server();
    settle_server();
    if (server_ && !server_->unread.empty()) server_->drained = false;
    if (phase_ == phase::greeting) {
        if (server_ && conversation_->settled() && !conversation_->refusal()) greeted_by_server();
    }
}

void client::on_server_ready(net::readiness ready) {
    if (ready.writable) flush_server();
    read_server();
    if (ready.writable) read_client();
    after_events();
}

void client::read_server() {
    constexpr int rounds_per_turn = 16;
    for (int round = 0; server_ && !server_->drained; ++round) {
        // A farewell that nobody reads holds up nothing.
        if (phase_ != phase::leaving && (!to_client_.empty() || !conversation_->to_client().empty())) {
            conversation_->client_stalled(true, now());
            return;
        }
        if (round == rounds_per_turn) {
            services_.reactor.post([this, &services = services_, id = id()] {
                if (services.servers.knows(id)) run();
            });
            return;
        }
        if (!read_server_once()) return;
    }
}

bool client::read_server_once() {
    const auto scratch = services_.reactor.scratch();
    upstream::server& from = *server_;
    const std::size_t kept = from.unread.size();
    const bool in_scratch = kept <= scratch.size() / 2;
    const net::io_result result = from.transport.read(in_scratch ? scratch.subspan(kept) : scratch);
    if (result.status == net::io_status::want_read || result.status == net::io_status::want_write) {
        from.drained = true;
        return false;
    }
    if (result.status != net::io_status::done) {
        lost_server();
        return false;
    }
    // Behind the last words of a server that closes stands its EOF, and no edge announces that again.
    if (result.drained && !from.ended) from.drained = true;
    base::bytes_view input;
    if (in_scratch) {
        std::memcpy(scratch.data(), from.unread.view().data(), kept);
        from.unread.clear();
        input = {scratch.data(), kept + result.bytes};
    } else {
        from.unread.append({scratch.data(), result.bytes});
        input = from.unread.view();
    }
    conversation_->client_stalled(false, now());
    const auto progress = conversation_->from_server(input, now());
    if (server_ && conversation_->may_notify()) server_->answered(process_id_, conversation_->in_transaction());
    flush_client();
    measure_overhead();
    if (const auto slow = conversation_->take_slow()) log_slow(*slow);
    conversation_->to_client().settle();
    if (!server_) return false;
    if (in_scratch)
        from.unread.append(input.substr(progress.consumed));
    else
        from.unread.consume(progress.consumed);
    flush_server();
    settle_server();
    if (phase_ == phase::greeting && server_ && conversation_->settled() && !conversation_->refusal())
        greeted_by_server();
    feed_if_stopped();
    return server_ != nullptr;
}

void client::measure_overhead() {
    // From the worker's waking to the reply's leaving: what the client waited for us, here and behind others of the
    // same tick. A sample is enough, and costs one look at the clock.
    constexpr unsigned one_in = 32;
    if (++replies_ % one_in == 0) pool_->counters(services_.index).overhead.observe(base::clock::now() - now());
}

void client::log_slow(const session::slow_request& slow) const {
    const bool secret = sql::mentions_password(slow.text);
    const bool waited_for_server = slow.waited == base::duration::zero();
    base::log::event(base::log::level::info, "slow_query",
                     {{"pool", pool_->servers.name()},
                      {"user", user_},
                      {"application", application_name_},
                      {"server_seconds", base::log::seconds(slow.took)},
                      {"wait_seconds", base::log::seconds(waited_for_server ? borrower_.last_wait() : slow.waited)},
                      {"cache", name_of(slow.cache)},
                      {"statement", secret ? "(not shown: it speaks of a password)" : slow.text}});
}

void client::lost_server() {
    const bool unused = conversation_->setting_up();
    conversation_->server_lost(now());
    services_.servers.close(std::move(server_), server_disconnect_reason::lost);
    borrower_.keep_turn(unused);
    if (phase_ == phase::greeting) return ask_for_greeting();
    if (phase_ != phase::relaying) return;
    if (conversation_->fatal()) return close_with(*conversation_->fatal());
    flush_client();
    if (phase_ == phase::relaying) feed({});
}

void client::flush_server() {
    if (!server_ || (cache_ && cache_->holds_server())) return;
    base::outbox& out = conversation_->to_server();
    while (!out.empty()) {
        net::pass(net::fault_point::request_due);
        // Before the write: another thread may hear the notification before write() returns here.
        if (conversation_->may_notify()) server_->works_for(process_id_);
        const net::io_result result = server_->transport.write(out.first(), out.second());
        if (result.status == net::io_status::done) {
            net::pass(net::fault_point::request_forwarded);
            out.consume(result.bytes);
            continue;
        }
        if (result.status == net::io_status::failed || result.status == net::io_status::closed) {
            // The server's last words may still stand in the socket: reading will find them, and then the end.
            out.clear();
            server_->drained = false;
            services_.reactor.defer(*this);
            return;
        }
        out.settle();
        return;
    }
}

void client::settle_server() {
    if (!server_) return;
    if (conversation_->take_cancel()) cancel_own();
    switch (conversation_->fate()) {
        case fate::none:
        case fate::keep: return;
        case fate::give_back:
            conversation_->take_back(now());
            services_.servers.give_back(std::move(server_));
            return;
        case fate::close: {
            const auto why = server_->state.dirty ? server_disconnect_reason::dirty : conversation_->close_reason();
            if (conversation_->breaks_off()) {
                if (why == server_disconnect_reason::protocol_error)
                    server_->state.last_words =
                        session::failure{.reason = outcome::server_lost,
                                         .message = "the server sent a message that makes no sense here"};
                conversation_->server_lost(now());
                services_.reactor.defer(*this);
            } else {
                // A server that cannot be brought to the client's settings did nothing for it: it gets the next one.
                borrower_.keep_turn(why == server_disconnect_reason::state_failed && !conversation_->refusal());
                conversation_->take_back(now());
            }
            services_.servers.close(std::move(server_), why);
            // Who waits to be greeted says nothing that would ask for another one.
            if (phase_ == phase::greeting) services_.reactor.defer(*this);
            return;
        }
    }
}

// What the client asks next waits for it: two signals reach the server for one request, and its answer to the first may
// be here before the second is sent.
void client::cancel_own() {
    services_.servers.cancel(*server_, [this, &services = services_, id = id(), server = server_->id()] {
        if (!services.servers.knows(id) || !server_ || server_->id() != server) return;
        conversation_->cancel_ended();
        feed_if_stopped();
        after_events();
    });
}

void client::feed_if_stopped() {
    if (phase_ == phase::relaying && stopped_ != frontend_flow::stop::need_more && !borrower_.waits() && !terminated_)
        feed({});
}

void client::after_events() {
    if (phase_ == phase::over) return;
    if (conversation_) {
        if (conversation_->asks_hub()) ask_hub();
        log_pins();
        count_as_pinned(conversation_->stays_pinned());
    }
    if (phase_ == phase::greeting && conversation_ && conversation_->refusal() && !server_)
        reject(*conversation_->refusal(), metrics::client_connect_result::rejected);
    if (phase_ == phase::relaying) {
        if (conversation_->fatal()) {
            close_with(*conversation_->fatal());
        } else if (pinned_too_many_ && conversation_->idle()) {
            close_with({.reason = outcome::pinned_clients_limit});
        } else if (terminated_ && (conversation_->copying_in() ||
                                   (conversation_->pending() == 0 && conversation_->to_client().empty()))) {
            // Data that a COPY still waits for will not come.
            client_gone(true);
        } else if (shutting_down_ && !borrower_.waits() && unread_.empty() &&
                   (server_ || conversation_->defers() ? conversation_->idle() : conversation_->pending() == 0)) {
            close_with({.reason = outcome::shutting_down});
        } else {
            arm_session_deadline();
        }
    }
    // What is done for a client that has gone has its time, too.
    if (phase_ == phase::leaving && server_ && !transport_.is_open()) arm_session_deadline();
    end_if_free();
}

// One line for each kind and user: where servers go should not be found out by their absence.
void client::log_pins() {
    const session::pin_set fresh = conversation_->take_new_pins();
    if (!fresh.any()) return;
    fresh.for_each_beyond({}, [this](metrics::pin_reason why) {
        {
            const std::lock_guard lock(services_.directory.mutex());
            if (why == metrics::pin_reason::sequence) pool_->remember_sequences(user_, application_name_);
            if (!pool_->first_pin(user_, why)) return;
        }
        base::log::event(base::log::level::info, "session_pinned",
                         {{"pool", pool_->servers.name()},
                          {"user", user_},
                          {"application", application_name_},
                          {"reason", std::string(metrics::name_of(why))}});
    });
}

// What it has done cannot be undone when it turns out to pin: it is told when its transaction has ended.
void client::count_as_pinned(bool pinned) {
    if (pinned == counted_as_pinned_) return;
    counted_as_pinned_ = pinned;
    const std::uint32_t before = pinned ? pool_->pinned.fetch_add(1, std::memory_order_relaxed)
                                        : pool_->pinned.fetch_sub(1, std::memory_order_relaxed);
    const std::uint32_t most = served_by_->pool.max_pinned;
    pinned_too_many_ = pinned && most != pool::unlimited && before >= most;
}

void client::ask_hub() {
    for (session::hub_request& request : conversation_->take_hub_requests()) {
        known_to_hub_ = true;
        services_.listening.ask_hub(id(), *pool_, std::move(request));
    }
}

void client::on_hub_answer(const session::hub_answer& what) {
    if (phase_ != phase::relaying) return;
    conversation_->hub_says(what, now());
    flush_server();
    settle_server();
    flush_client();
    feed_if_stopped();
    after_events();
}

void client::arm_session_deadline() {
    base::time_point when = conversation_->deadline();
    if (!conversation_->awaits_cache())
        waits_since_ = base::never;
    else if (waits_since_ == base::never)
        waits_since_ = now();
    if (waits_since_ != base::never)
        when = std::min({when, waits_since_ + cache_->domain().settings().wait, cache_->next_look()});
    if (when == base::never) {
        if (session_deadline_.is_armed()) session_deadline_.clear();
    } else {
        services_.deadlines.arm(session_deadline_, when);
    }
}

}  // namespace pgweir::relay

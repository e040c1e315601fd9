#include "relay/client.hpp"

#include <chrono>
#include <mutex>
#include <utility>

#include "base/log.hpp"
#include "net/fault_points.hpp"
#include "relay/worker_services.hpp"
#include "wire/backend.hpp"

namespace pgweir::relay {

using session::outcome;

namespace {

// How long a client that was told to go may take to read it. Closing at once would let its unread requests turn the
// close into a reset that takes the message with it.
constexpr base::duration farewell_time = std::chrono::seconds(2);

// What a client may have sent ahead while it waits for a server or an answer.
constexpr std::size_t max_read_ahead = std::size_t{64} * 1024;

// Of answers that the client's socket did not take yet.
constexpr std::size_t max_unread_answers = std::size_t{64} * 1024;

// Reads in one go before others have their turn.
constexpr int rounds_per_turn = 16;

}  // namespace

client::client(worker_services& services, std::uint64_t id, base::unique_fd socket, net::socket_address peer,
               pool::admission place, bool too_many)
    : services_(services),
      peer_(peer),
      transport_(std::move(socket)),
      place_(std::move(place)),
      borrower_(services, id, *this),
      connected_at_(services.reactor.now()),
      session_deadline_(*this, 0),
      too_many_(too_many) {}

client::~client() {
    const std::lock_guard lock(services_.directory.mutex());
    place_.release();
    admission_.release();
}

base::time_point client::now() const {
    return services_.reactor.now();
}

void client::begin() {
    auth::entropy random;
    services_.random.fill(random.md5_salt);
    services_.random.fill(random.scram_nonce);
    const bool local = peer_.is_unix() || peer_.is_loopback();
    const peer_facts facts{.local = local, .address = local ? std::string() : peer_.host()};
    login_ = std::make_unique<login_flow>(services_.settings, facts, random);
    services_.deadlines.arm(session_deadline_, base::deadline_after(now(), services_.settings->login_timeout));
    watched_ = services_.reactor.watch(transport_.fd(), *this, 0);
    if (!watched_) client_gone(false);
}

void client::on_ready(int, net::readiness ready) {
    if (ready.readable || ready.hung_up) client_drained_ = false;
    client_ended_ = client_ended_ || ready.ended;
    if (phase_ == phase::tunnelling) return tunnel_->on_client_ready(ready);
    if (ready.writable) {
        flush_client();
        if (server_) read_server();
    }
    // A queued client that has sent too much is not read any more, so its end would stand behind what it sent.
    if ((ready.hung_up || ready.ended) && borrower_.waits() && !may_read()) client_gone(false);
    read_client();
    after_events();
}

bool client::may_read() const {
    if (!transport_.is_open() || client_drained_) return false;
    switch (phase_) {
        case phase::login:
        case phase::leaving: return true;
        case phase::greeting:
        case phase::console: return unread_.size() < max_read_ahead;
        case phase::relaying:
            if (terminated_ || !conversation_->to_server().empty()) return false;
            // Much can be asked that is answered without a server: who does not read is not read.
            if (conversation_->to_client().size() + to_client_.size() > max_unread_answers) return false;
            return stopped_ == session::frontend_flow::stop::need_more || unread_.size() < max_read_ahead;
        case phase::tunnelling:
        case phase::over: break;
    }
    return false;
}

void client::read_client() {
    for (int round = 0; may_read(); ++round) {
        if (round == rounds_per_turn) {
            services_.reactor.post([this, &services = services_, id = id()] {
                // By id, and not through `this`: it may be gone by then.
                if (services.servers.knows(id)) run();
            });
            return;
        }
        const auto scratch = services_.reactor.scratch();
        const net::io_result result = transport_.read(scratch);
        switch (result.status) {
            case net::io_status::want_read:
            case net::io_status::want_write: client_drained_ = true; return;
            case net::io_status::closed:
            case net::io_status::failed: return client_gone(false);
            case net::io_status::done: break;
        }
        if (result.drained && !client_ended_) client_drained_ = true;
        if (pool_ != nullptr) pool_->counters(services_.index).bytes_from_client.add(result.bytes);
        take_input({scratch.data(), result.bytes});
    }
}

void client::take_input(base::bytes_view fresh) {
    switch (phase_) {
        case phase::relaying: return feed(fresh);
        case phase::login: unread_.append(fresh); return feed_login();
        case phase::console: unread_.append(fresh); return feed_console();
        case phase::greeting: unread_.append(fresh); return;
        case phase::leaving:
        case phase::tunnelling:
        case phase::over: return;
    }
}

void client::feed_console() {
    std::size_t consumed = 0;
    const auto stop = console_->receive(unread_.view(), consumed, to_client_.own(),
                                        [this, &services = services_, id = id()](const std::string& reply) {
                                            if (!services.servers.knows(id) || phase_ != phase::console) return;
                                            to_client_.own().append(reply);
                                            wire::append_ready_for_query(to_client_.own(), 'I');
                                            console_->finished();
                                            services_.reactor.defer(*this);
                                        });
    unread_.consume(consumed);
    if (stop == console_session::stop::terminated) return client_gone(true);
    if (stop == console_session::stop::failed) return close_with({.reason = outcome::protocol_violation});
    flush_client();
}

void client::flush_client() {
    if (!transport_.is_open() || (cache_ && cache_->holds_client())) return;
    const bool sent = flush(to_client_) && (!conversation_ || flush(conversation_->to_client()));
    if (!sent || phase_ != phase::leaving || !to_client_.empty()) return;
    transport_.shutdown_write();
}

bool client::flush(base::outbox& out) {
    while (!out.empty()) {
        const net::io_result result = transport_.write(out.first(), out.second());
        if (result.status == net::io_status::done) {
            net::pass(net::fault_point::reply_relayed);
            out.consume(result.bytes);
            if (pool_ != nullptr) pool_->counters(services_.index).bytes_to_client.add(result.bytes);
            continue;
        }
        if (result.status == net::io_status::failed || result.status == net::io_status::closed) {
            client_gone(false);
            return false;
        }
        out.settle();
        return false;
    }
    return true;
}

void client::on_deadline(int, base::time_point when) {
    switch (phase_) {
        case phase::login:
        case phase::greeting:
            return reject({.reason = outcome::login_timeout}, metrics::client_connect_result::timeout);
        case phase::relaying:
            if (waits_since_ != base::never && when - waits_since_ >= cache_->domain().settings().wait) {
                cache_->give_up_waiting();
                waits_since_ = base::never;
                feed({});
                break;
            }
            if (waits_since_ != base::never && when >= cache_->next_look()) {
                cache_->look_again();
                feed({});
                break;
            }
            borrower_.keep_turn(conversation_->setting_up());
            if (conversation_->expire(when)) {
                services_.servers.close(std::move(server_), conversation_->close_reason());
                feed({});
            }
            borrower_.keep_turn(false);
            flush_server();
            settle_server();
            flush_client();
            break;
        case phase::leaving:
            watched_.reset_before_close();
            transport_.close();
            to_client_.clear();
            if (server_ && conversation_->expire(when))
                services_.servers.close(std::move(server_), conversation_->close_reason());
            break;
        case phase::console:
        case phase::tunnelling:
        case phase::over: break;
    }
    after_events();
}

void client::client_gone(bool orderly) {
    if (!transport_.is_open()) return;
    base::list_link<newcomer_tag>::unlink();
    watched_.reset_before_close();
    transport_.close();
    to_client_.clear();
    session_deadline_.clear();
    borrower_.leave();
    const bool in_login = phase_ == phase::login || phase_ == phase::greeting;
    if (in_login) services_.counters.client_connects[metrics::client_connect_result::abandoned].add();
    if (phase_ != phase::leaving) {
        phase_ = phase::leaving;
        if (conversation_) conversation_->client_left(orderly || terminated_, now());
    }
    unread_.clear();
    flush_server();
    settle_server();
    if (server_) server_->drained = false;
    services_.reactor.defer(*this);
}

void client::close_with(const session::failure& why) {
    if (phase_ == phase::leaving || phase_ == phase::over) return;
    base::list_link<newcomer_tag>::unlink();
    borrower_.leave();
    log_end(why);
    if (pool_ != nullptr) {
        const bool by_client = why.reason == outcome::protocol_violation || why.reason == outcome::message_too_large;
        pool_->counters(services_.index)
            .count_error(by_client ? metrics::error_source::client : metrics::error_source::proxy,
                         session::describe(why.reason).sqlstate);
    }
    if (conversation_) {
        conversation_->to_client().settle();
        to_client_.own().append(conversation_->to_client().first());
        if (!conversation_->cut()) session::append_failure(to_client_.own(), why, session::severity::fatal);
        phase_ = phase::leaving;
        conversation_->client_left(false, now());
        flush_server();
        settle_server();
        if (server_) server_->drained = false;
    } else {
        session::append_failure(to_client_.own(), why, session::severity::fatal);
        phase_ = phase::leaving;
    }
    close_when_flushed();
}

void client::log_end(const session::failure& why) const {
    const session::outcome_description& what = session::describe(why.reason);
    if (what.loudness == session::loudness::silent) return;
    const auto level = what.loudness == session::loudness::warning ? base::log::level::warning
                       : what.loudness == session::loudness::info  ? base::log::level::info
                                                                   : base::log::level::debug;
    base::log::event(level, "client_closed",
                     {{"reason", std::string(what.name)},
                      {"client", peer_.to_string()},
                      {"user", user_},
                      {"database", database_},
                      {"message", why.message.empty() ? std::string(what.message) : why.message}});
}

void client::close_when_flushed() {
    unread_.clear();
    services_.deadlines.arm(session_deadline_, now() + farewell_time);
    flush_client();
    client_drained_ = false;
    services_.reactor.defer(*this);
}

void client::run() {
    if (phase_ == phase::over) return;
    const bool asks_nothing = !server_ && !borrower_.waits() && !borrower_.was_refused();
    if (borrower_.has_server()) {
        take_server(borrower_.take_server());
        if (phase_ == phase::relaying) feed({});
    } else if (phase_ == phase::relaying && asks_nothing && !terminated_ && !unread_.empty()) {
        feed({});
    } else if (phase_ == phase::relaying && cache_ && !borrower_.waits() && !borrower_.was_refused()) {
        feed_if_stopped();
    } else if (phase_ == phase::greeting && asks_nothing && conversation_ && !conversation_->refusal()) {
        ask_for_greeting();
    }
    if (auto why = borrower_.take_refusal()) {
        if (phase_ == phase::greeting) {
            reject(*why, metrics::client_connect_result::rejected);
        } else if (phase_ == phase::relaying) {
            pool_->counters(services_.index)
                .count_error(metrics::error_source::proxy, session::describe(why->reason).sqlstate);
            conversation_->refuse(std::move(*why));
            feed({});
        }
    }
    if (phase_ == phase::console) feed_console();
    flush_server();
    // First: what the server says is not read while the client has not got all that is for it.
    flush_client();
    if (server_) read_server();
    read_client();
    after_events();
}

void client::end_if_free() {
    if (phase_ != phase::leaving || transport_.is_open() || server_ || borrower_.has_server()) return;
    phase_ = phase::over;
    if (process_id_ != 0) services_.cancels.remove(process_id_, secret_key_);
    if (known_to_hub_) services_.listening.leave_hub(id(), *pool_);
    if (pool_ != nullptr && conversation_) {
        count_as_pinned(false);
        const std::lock_guard lock(services_.directory.mutex());
        pool_->servers.client_left(now());
    }
    services_.home.destroy(*this);
}

void client::cancel_requested(std::function<void()> done) {
    if (borrower_.waits() && phase_ == phase::relaying) {
        borrower_.cancel();
    } else if (conversation_ && conversation_->awaits_cache() && phase_ == phase::relaying) {
        conversation_->refuse({.reason = outcome::cancelled});
        feed({});
        after_events();
    } else if (server_ && conversation_->cancel_running()) {
        return services_.servers.cancel(*server_, std::move(done));
    }
    done();
}

void client::shut_down(bool at_once) {
    shutting_down_ = true;
    if (at_once) close_with({.reason = outcome::shutting_down});
    after_events();
}

void client::on_tunnel_over() {
    services_.reactor.post([this, &services = services_, id = id()] {
        if (services.servers.knows(id)) client_gone(true);
    });
}

client_view client::view() {
    client_view seen;
    seen.id = id();
    seen.pool = pool_;
    seen.user = user_;
    seen.database = database_;
    seen.application_name = application_name_;
    seen.remote = view_of(peer_);
    if (transport_.is_open()) seen.local = view_of(net::socket_address::local_of(transport_.fd()));
    seen.replication = replication_;
    seen.connected_for = seen.quiet_for = now() - connected_at_;
    if (conversation_) {
        conversation_->count_held_time(now());
        seen.pending = conversation_->pending();
        seen.gates = conversation_->gates();
        seen.statements = conversation_->statements();
        seen.pins = conversation_->pins();
        seen.quiet_for = now() - conversation_->last_heard();
    }
    seen.waiting_for = borrower_.waiting_for();
    if (server_) seen.server = view_of(*server_, now());
    seen.leaving = phase_ == phase::leaving;
    if (phase_ == phase::login || phase_ == phase::greeting)
        seen.state = metrics::client_state::login;
    else if (borrower_.waits())
        seen.state = metrics::client_state::waiting;
    else if (seen.pending > 0)
        seen.state = metrics::client_state::active;
    else if (conversation_ && conversation_->in_transaction())
        seen.state = metrics::client_state::in_transaction;
    else
        seen.state = metrics::client_state::idle;
    return seen;
}

}  // namespace pgweir::relay

#include "relay/cache_keeper.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "base/log.hpp"

namespace pgweir::relay {

namespace {

// Questions that wait for nobody are answered within this time by a server that lives.
constexpr base::duration longest_answer = std::chrono::seconds(10);
// Servers are not lent for so long, so that whoever serves from memory alone can be told of us. Who does not answer by
// then is stuck or cut off, and nobody shall be kept waiting for it.
constexpr base::duration longest_silence = std::chrono::seconds(5);
constexpr base::duration first_pause = std::chrono::milliseconds(100);
constexpr base::duration longest_pause = std::chrono::seconds(5);

}  // namespace

cache_keeper::cache_keeper(const parts& with, shared_pool& like, cache_domain& whose, std::string token)
    : with_(with),
      like_(like),
      domain_(whose),
      guard_(std::move(token)),
      deadline_(*this, 0),
      unknown_since_(with.reactor.now()) {}

void cache_keeper::start() {
    if (!connection_.is_open() && !connecting_) connect();
}

void cache_keeper::watch(std::int32_t process_id) {
    guard_.watch(process_id);
    settle();
}

void cache_keeper::connect() {
    connecting_ = true;
    with_.servers.open_dedicated(like_, {{"application_name", "pgweir cache"}},
                                 [this](upstream::open_result result) { opened(std::move(result)); });
}

void cache_keeper::opened(upstream::open_result result) {
    connecting_ = false;
    if (auto* failed = std::get_if<upstream::opening_failure>(&result)) {
        base::log::event(base::log::level::warning, "cache_lock_failed",
                         {{"pool", like_.servers.name()}, {"message", failed->words.message}});
        pause_ = std::clamp<base::duration>(pause_ * 2, first_pause, longest_pause);
        next_attempt_ = with_.reactor.now() + pause_;
        return settle();
    }
    connection_ = std::move(std::get<upstream::opened>(result).connection);
    watched_ = with_.reactor.watch(connection_.fd(), *this, 0);
    if (!watched_) return lost("it cannot be watched");
    guard_.connected(with_.reactor.now(), unsent_.storage());
    settle();
    read();
}

void cache_keeper::on_ready(int, net::readiness ready) {
    if (ready.writable) write();
    if (connection_.is_open()) read();
}

void cache_keeper::on_deadline(int, base::time_point now) {
    if (!connection_.is_open()) {
        if (now >= next_attempt_) start();
    } else if (guard_.unanswered_since() != base::never && now - guard_.unanswered_since() >= longest_answer) {
        return lost("it does not answer");
    } else {
        guard_.tick(now, unsent_.storage());
    }
    settle();
}

void cache_keeper::read() {
    const auto scratch = with_.reactor.scratch();
    while (connection_.is_open()) {
        const net::io_result result = connection_.read(scratch);
        if (result.status == net::io_status::want_read || result.status == net::io_status::want_write) break;
        if (result.status != net::io_status::done) return lost("it was closed");
        unread_.append({scratch.data(), result.bytes});
        std::size_t consumed = 0;
        const bool sound = guard_.receive(unread_.view(), consumed, with_.reactor.now(), unsent_.storage());
        unread_.consume(consumed);
        if (!sound) return lost("it sent what makes no sense");
    }
    settle();
}

void cache_keeper::write() {
    while (!unsent_.empty() && connection_.is_open()) {
        const net::io_result result = connection_.write(unsent_.view());
        if (result.status == net::io_status::want_write || result.status == net::io_status::want_read) return;
        if (result.status != net::io_status::done) return lost("it was closed");
        unsent_.consume(result.bytes);
    }
}

void cache_keeper::lost(const char* why) {
    base::log::event(base::log::level::warning, "cache_lock_lost",
                     {{"pool", like_.servers.name()}, {"message", std::string(why)}});
    watched_.reset_before_close();
    connection_.close();
    unread_.clear();
    unsent_.clear();
    guard_.lost();
    pause_ = first_pause;
    next_attempt_ = with_.reactor.now() + pause_;
    settle();
}

void cache_keeper::tell() {
    domain_.guard_says(guard_.alone(), guard_.why_not());
    if (const auto gone = guard_.take_gone(); !gone.empty()) domain_.ended(gone);
    const base::time_point now = with_.reactor.now();
    if (guard_.known_to_others()) {
        pause_ = {};
        unknown_since_ = base::never;
    } else if (unknown_since_ == base::never) {
        unknown_since_ = now;
    }
    if (unknown_since_ == base::never || now - unknown_since_ >= longest_silence)
        domain_.open_gate();
    else
        domain_.close_gate();
}

// Before anything is written: who waits for an answer of ours goes on when it has it.
void cache_keeper::settle() {
    tell();
    write();
    base::time_point next = base::never;
    if (connection_.is_open()) {
        next = guard_.next_tick();
        if (guard_.unanswered_since() != base::never) next = std::min(next, guard_.unanswered_since() + longest_answer);
    } else if (!connecting_) {
        next = next_attempt_;
    }
    if (!domain_.lends()) next = std::min(next, unknown_since_ + longest_silence);
    if (next == base::never)
        deadline_.clear();
    else
        with_.deadlines.arm(deadline_, next);
}

}  // namespace pgweir::relay

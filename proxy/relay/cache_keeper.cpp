#include "relay/cache_keeper.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "cache/mutants.hpp"

namespace pgweir::relay {

namespace {

// Questions that wait for nobody are answered within this time by a server that lives.
constexpr base::duration longest_answer = std::chrono::seconds(10);
// Servers are not lent for so long, so that whoever serves from memory alone can be told of us. Who does not answer by
// then is stuck or cut off, and nobody shall be kept waiting for it.
constexpr base::duration longest_silence = std::chrono::seconds(5);

constexpr dedicated_connection::description description{
    .failed = "cache_lock_failed",
    .lost = "cache_lock_lost",
    .due = net::fault_point::cache_lock_due,
    .sent = net::fault_point::cache_lock_sent,
};

}  // namespace

cache_keeper::cache_keeper(const parts& with, shared_pool& like, cache_domain& whose, std::string token)
    : with_(with),
      domain_(whose),
      guard_(std::move(token)),
      connection_(with.reactor, with.servers, like, description, *this),
      deadline_(*this, 0),
      unknown_since_(with.reactor.now()) {}

void cache_keeper::start() {
    if (!connection_.is_open() && !connection_.is_connecting())
        connection_.connect({{"application_name", "pgweir cache"}});
}

void cache_keeper::watch(std::int32_t process_id) {
    guard_.watch(process_id);
    settle();
}

void cache_keeper::on_connected() {
    guard_.connected(with_.reactor.now(), connection_.unsent());
}

bool cache_keeper::on_received(base::bytes_view input, std::size_t& consumed) {
    return guard_.receive(input, consumed, with_.reactor.now(), connection_.unsent());
}

void cache_keeper::on_deadline(int, base::time_point now) {
    if (!connection_.is_open()) {
        if (now >= connection_.next_attempt()) start();
    } else if (guard_.unanswered_since() != base::never && now - guard_.unanswered_since() >= longest_answer) {
        return connection_.lose("it does not answer");
    } else {
        guard_.tick(now, connection_.unsent());
    }
    settle();
}

void cache_keeper::tell() {
    const bool has_lock = guard_.known_to_others() && guard_.why_not() == metrics::cache_bypass::starting;
    domain_.guard_says(guard_.alone() || (has_lock && is(cache::mutant::unsettled)), guard_.why_not());
    if (const auto gone = guard_.take_gone(); !gone.empty()) domain_.ended(gone);
    const base::time_point now = with_.reactor.now();
    if (guard_.known_to_others()) {
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
    connection_.write();
    base::time_point next = base::never;
    if (connection_.is_open()) {
        next = guard_.next_tick();
        if (guard_.unanswered_since() != base::never) next = std::min(next, guard_.unanswered_since() + longest_answer);
    } else if (!connection_.is_connecting()) {
        next = connection_.next_attempt();
    }
    if (!domain_.lends()) next = std::min(next, unknown_since_ + longest_silence);
    if (next == base::never)
        deadline_.clear();
    else
        with_.deadlines.arm(deadline_, next);
}

}  // namespace pgweir::relay

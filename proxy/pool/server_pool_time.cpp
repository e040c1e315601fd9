// What a pool does because time passes or because it is told from outside: timeouts, lifetimes, reload, being looked at.
#include <algorithm>
#include <utility>

#include "pool/database_budget.hpp"
#include "pool/server_pool.hpp"

namespace pgweir::pool {

using leaving = metrics::server_disconnect_reason;
using members = std::vector<std::unique_ptr<member>>;

members server_pool::tend(base::time_point now) {
    members out;
    close_surplus(out);
    close_unused(now, out);
    close_expired(now, out);
    reclaim_places(now, out);
    settle(now);
    return out;
}

void server_pool::close_surplus(members& out) {
    while (!idle_.empty() && open() > allowed()) {
        out.push_back(closing(idle_.take_longest_idle(), leaving::surplus, totals_.closed_surplus).server);
    }
}

void server_pool::close_unused(base::time_point now, members& out) {
    const base::duration timeout = idle_timeout();
    if (timeout == base::off) return;
    const std::size_t keep = in_use(now) ? kept_while_in_use() : 0;
    while (idle_.size() > keep && idle_.longest_idle()->last_used() + timeout <= now) {
        out.push_back(closing(idle_.take_longest_idle(), leaving::idle_timeout, totals_.closed_idle).server);
    }
}

void server_pool::close_expired(base::time_point now, members& out) {
    if (idle_.expiry_floor() > now || now < next_retirement_) return;
    const member* first = idle_.first_to_expire();
    if (retire_if_old(*first, now))
        out.push_back(closing(idle_.take(first->id()), leaving::lifetime, totals_.closed_lifetime).server);
    idle_.recompute_expiry_floor();
}

bool server_pool::retire_if_old(const member& server, base::time_point now) noexcept {
    if (now < server.expires() || now < next_retirement_) return false;
    next_retirement_ = now + retirement_gap(settings_.server_lifetime, settings_.size);
    return true;
}

void server_pool::reclaim_places(base::time_point now, members& out) {
    while (places_to_reclaim(now) > 0) {
        server_pool* other = budget_->idlest_other(*this);
        if (other == nullptr) return;
        out.push_back(
            closing(other->idle_.take_longest_idle(), leaving::surplus, other->totals_.closed_surplus).server);
        other->settle(now);
    }
}

base::time_point server_pool::next_event() const {
    return std::min({recheck_at_, idle_event(), connect_event()});
}

base::time_point server_pool::idle_event() const noexcept {
    if (idle_.empty()) return base::never;
    if (open() > allowed()) return base::time_point::min();
    base::time_point next = std::max(idle_.expiry_floor(), next_retirement_);
    const base::duration timeout = idle_timeout();
    if (timeout == base::off) return next;
    const base::time_point last_used = idle_.longest_idle()->last_used();
    if (idle_.size() > kept_while_in_use()) return std::min(next, last_used + timeout);
    // What is kept goes when nobody has used the pool for as long.
    if (clients_ == 0 && lent() == 0 && settings_.server_idle_timeout != base::off) {
        next = std::min(next, std::max(last_used + timeout, last_activity_ + settings_.server_idle_timeout));
    }
    return next;
}

base::time_point server_pool::connect_event() const {
    if (budget_ != nullptr && budget_->room() == 0) return base::never;
    base::time_point next = base::never;
    const auto consider = [&](base::time_point gate) {
        if (gate < next && wanted_within_pool(gate) > 0) next = gate;
    };
    if (backoff_.failing()) consider(backoff_.over_at(in_demand()));
    if (queue_.empty()) return next;
    if (size_.limited()) consider(size_.probe_at());
    if (settings_.reserve_size > 0) consider(queue_.oldest()->since() + settings_.reserve_after);
    return next;
}

std::unique_ptr<member> server_pool::take_idle(std::uint64_t member_id, base::time_point now) {
    auto server = idle_.take(member_id);
    if (server == nullptr) {
        server = take_from_limbo(member_id);
        if (server == nullptr) return nullptr;
        cancels_.erase(member_id);
    }
    server->doom();
    auto out = closing(std::move(server), leaving::dirty, totals_.closed_unusable).server;
    settle(now);
    return out;
}

members server_pool::retire_all(base::time_point now) {
    ++generation_;
    members out = idle_.take_all();
    for (auto& server : out) server->slot_.enter(slot::stage::leaving);
    totals_.closed_surplus += out.size();
    settle(now);
    return out;
}

void server_pool::set_settings(const settings& how, base::time_point now) {
    settings_ = how;
    size_.configure(how.size);
    idle_.for_each([&](member& server) {
        server.expires_ = lifetime_end(server.created(), how.server_lifetime, server.entropy_);
    });
    idle_.recompute_expiry_floor();
    settle(now);
}

bool server_pool::has_one_at_once() const noexcept {
    const std::uint32_t under_way = counts_->connecting.load(std::memory_order_relaxed);
    return queue_.empty() && (!idle_.empty() || open() + under_way < size_.current());
}

pool_snapshot server_pool::snapshot(base::time_point now) const {
    pool_snapshot s;
    s.size = settings_.size;
    s.effective_size = size_.current();
    s.reserve_size = settings_.reserve_size;
    s.connecting = counts_->connecting.load(std::memory_order_relaxed);
    s.open = open();
    s.reserve_in_use = room_for(s.open + s.connecting, s.size);
    s.idle = static_cast<std::uint32_t>(idle_.size());
    s.lent = lent();
    s.limbo = static_cast<std::uint32_t>(limbo_.size());
    s.leaving = counts_->leaving.load(std::memory_order_relaxed);
    s.handoffs = handoffs_;
    s.cancels = static_cast<std::uint32_t>(cancels_.size());
    s.waiting = static_cast<std::uint32_t>(queue_.size());
    s.peak_waiting = usage_.peak_waiting();
    s.clients = clients_;
    if (const waiter* first = queue_.oldest()) s.oldest_wait = std::max(now - first->since(), base::duration::zero());
    const usage::integrals sums = usage_.until(now);
    s.busy_seconds = sums.busy_seconds;
    s.waiting_seconds = sums.waiting_seconds;
    s.saturated_seconds = sums.saturated_seconds;
    s.totals = totals_;
    return s;
}

bool server_pool::at_rest() const noexcept {
    return counts_->connecting.load(std::memory_order_relaxed) == 0 &&
           counts_->leaving.load(std::memory_order_relaxed) == 0 && lent() == 0 && queue_.empty() && limbo_.empty() &&
           cancels_.empty() && handoffs_ == 0;
}

}  // namespace pgweir::pool

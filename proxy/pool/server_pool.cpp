#include "pool/server_pool.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include "pool/database_budget.hpp"

namespace pgweir::pool {

using leaving = metrics::server_disconnect_reason;

namespace {

// A place that is being vacated comes free without a call to the pool that waits for it, which looks again after this
// time in case nobody tells it.
constexpr base::duration recheck_interval = std::chrono::milliseconds(10);

}  // namespace

server_pool::server_pool(const settings& how, std::string name, database_budget* shared)
    : settings_(how), name_(std::move(name)), budget_(shared), size_(how.size) {
    if (budget_ != nullptr) budget_->enlist(*this);
}

server_pool::~server_pool() {
    if (budget_ != nullptr) budget_->strike_off(*this);
}

// ---- clients ----

acquisition server_pool::acquire(waiter& who, base::time_point now) {
    assert(!who.queued());
    last_activity_ = now;
    ever_used_ = true;
    queue_.stamp(who, now, base::deadline_after(now, settings_.queue_max_wait));
    if (!idle_.empty()) return grant_idle(who, now);
    if (settings_.queue_max_length != unlimited && queue_.size() >= settings_.queue_max_length) {
        ++totals_.rejected;
        return {acquisition::kind::rejected, nullptr};
    }
    queue_.push(who);
    ++totals_.queued;
    settle(now);
    return {acquisition::kind::queued, nullptr};
}

acquisition server_pool::reacquire(waiter& who, base::time_point now) {
    assert(!who.queued());
    if (!idle_.empty()) return grant_idle(who, now);
    queue_.push_again(who);
    ++totals_.queued;
    settle(now);
    return {acquisition::kind::queued, nullptr};
}

acquisition server_pool::grant_idle(waiter& who, base::time_point now) {
    auto server = idle_.take_for(who.state_key(), who.worker());
    ++totals_.granted_at_once;
    settle(now);
    return {acquisition::kind::granted, std::move(server)};
}

void server_pool::abandon(waiter& who, base::time_point now) {
    if (!who.queued()) return;
    wait_queue::remove(who);
    ++totals_.abandoned;
    settle(now);
}

std::vector<waiter*> server_pool::dismiss_waiters(base::time_point now) {
    std::vector<waiter*> out;
    out.reserve(queue_.size());
    while (waiter* who = queue_.pop()) out.push_back(who);
    totals_.dismissed += out.size();
    settle(now);
    return out;
}

void server_pool::client_arrived(base::time_point now) {
    ++clients_;
    ever_used_ = true;
    last_activity_ = now;
}

void server_pool::client_left(base::time_point now) {
    assert(clients_ > 0);
    --clients_;
    last_activity_ = now;
}

void server_pool::try_out(base::time_point now) {
    trying_out_ = true;
    settle(now);
}

void server_pool::leave_to_its_clients(base::time_point now) {
    trying_out_ = false;
    settings_.min_idle = 0;
    settle(now);
}

// ---- servers that are lent ----

handover server_pool::give_back(std::unique_ptr<member> server, base::time_point now) {
    assert(server->slot_.belongs_to(*counts_) && server->slot_.current_stage() == slot::stage::open);
    if (!server->unused_) last_activity_ = now;
    const auto cancel = cancels_.empty() ? cancels_.end() : cancels_.find(server->id());
    if (cancel != cancels_.end()) {
        if (cancel->second.lost) server->doom();
        if (!server->doomed()) {
            limbo_.push_back(std::move(server));
            settle(now);
            return {};
        }
        cancels_.erase(cancel);
    }
    return place(std::move(server), now);
}

handover server_pool::place(std::unique_ptr<member> server, base::time_point now) {
    if (!std::exchange(server->unused_, false)) server->last_used_ = now;
    handover answer = accept(std::move(server), now);
    settle(now);
    return answer;
}

handover server_pool::accept(std::unique_ptr<member> server, base::time_point now) {
    if (server->doomed()) return closing(std::move(server), leaving::dirty, totals_.closed_unusable);
    if (server->slot_.generation() != generation_)
        return closing(std::move(server), leaving::reconfigured, totals_.closed_surplus);
    server->expires_ = lifetime_end(server->created(), settings_.server_lifetime, server->entropy_);
    if (retire_if_old(*server, now)) return closing(std::move(server), leaving::lifetime, totals_.closed_lifetime);
    if (open() > allowed() || size_.gives_up_one(open(), now, server->entropy_)) {
        return closing(std::move(server), leaving::surplus, totals_.closed_surplus);
    }
    if (budget_ != nullptr && budget_->should_yield(*this, now)) {
        return closing(std::move(server), leaving::surplus, totals_.closed_surplus);
    }
    if (waiter* to = queue_.pop_for(server->worker())) {
        ++totals_.granted_from_queue;
        return {to, std::move(server)};
    }
    idle_.push(std::move(server));
    return {};
}

handover server_pool::closing(std::unique_ptr<member> server, leaving why, std::uint64_t& counter) noexcept {
    server->slot_.enter(slot::stage::leaving);
    server->leaves_because_ = why;
    ++counter;
    return {nullptr, std::move(server)};
}

// ---- counting PostgreSQL's places ----

std::unique_ptr<member> server_pool::lend_for_question(std::uint32_t worker, base::time_point now) {
    std::optional<std::uint64_t> topmost;
    idle_.for_each([&](const member& server) {
        if (server.worker() == worker) topmost = server.id();
    });
    if (!topmost) return nullptr;
    auto server = idle_.take(*topmost);
    server->unused_ = true;
    settle(now);
    return server;
}

void server_pool::count_started(base::time_point now, std::uint64_t entropy) noexcept {
    count_at_ = now + jittered(place_count_interval, entropy);
}

void server_pool::places_counted(std::int64_t free, base::time_point now) {
    size_.counted(free, open(), now);
    settle(now);
}

// ---- cancel requests ----

handover server_pool::cancel_finished(std::uint64_t member_id, base::time_point now) {
    return cancel_ended(member_id, false, now);
}

handover server_pool::cancel_lost(std::uint64_t member_id, base::time_point now) {
    return cancel_ended(member_id, true, now);
}

handover server_pool::cancel_ended(std::uint64_t member_id, bool lost, base::time_point now) {
    const auto found = cancels_.find(member_id);
    if (found == cancels_.end()) return {};
    pending_cancel& cancel = found->second;
    if (cancel.in_flight > 0) --cancel.in_flight;
    cancel.lost = cancel.lost || lost;
    if (cancel.in_flight > 0 && !cancel.lost) return {};
    const bool doomed = cancel.lost;
    auto server = take_from_limbo(member_id);
    // A lent one whose cancel was lost stays on record, so that its return dooms it.
    if (server != nullptr || !doomed) cancels_.erase(found);
    if (server == nullptr) return {};
    if (doomed) server->doom();
    return place(std::move(server), now);
}

std::unique_ptr<member> server_pool::take_from_limbo(std::uint64_t member_id) {
    const auto found = std::find_if(limbo_.begin(), limbo_.end(),
                                    [member_id](const auto& server) { return server->id() == member_id; });
    if (found == limbo_.end()) return nullptr;
    auto server = std::move(*found);
    limbo_.erase(found);
    return server;
}

// ---- connects ----

std::uint32_t server_pool::connects_wanted(base::time_point now) const {
    const std::uint32_t wanted = wanted_within_pool(now);
    return budget_ == nullptr || wanted == 0 ? wanted : std::min(wanted, budget_->places_for(*this, now));
}

slot server_pool::begin_connect(base::time_point now) {
    if (connects_wanted(now) == 0) return {};
    slot place(counts_, budget_ == nullptr ? nullptr : budget_->counts_, generation_);
    ++totals_.connects_started;
    settle(now);
    return place;
}

handover server_pool::connected(std::unique_ptr<member> server, base::time_point now) {
    assert(server->slot_.belongs_to(*counts_) && server->slot_.current_stage() == slot::stage::connecting);
    server->slot_.enter(slot::stage::open);
    trying_out_ = false;
    size_.opened(open(), now);
    if (open() == 2) count_started(now, server->entropy_);
    backoff_.succeeded();
    return place(std::move(server), now);
}

std::vector<waiter*> server_pool::connect_failed(connect_failure why, base::time_point now, std::uint64_t entropy) {
    ++totals_.connects_failed;
    const bool none_lives = open() == 0;
    if (why == connect_failure::refused_by_limit) {
        ++totals_.connects_refused;
        size_.refused(open(), now, entropy);
    }
    // A refusal that lowered the size is paced by its probes; one that could not (nothing open, or the reserve was
    // refused) would be repeated at once.
    if (why != connect_failure::refused_by_limit || none_lives || !size_.limited()) backoff_.failed(now, entropy);
    if (why == connect_failure::login_rejected && none_lives) return dismiss_waiters(now);
    settle(now);
    return {};
}

// ---- what there is and what there may be ----

std::uint32_t server_pool::open() const noexcept {
    return counts_->open.load(std::memory_order_relaxed);
}

std::uint32_t server_pool::lent() const noexcept {
    return room_for(open(), static_cast<std::uint32_t>(idle_.size() + limbo_.size()));
}

std::uint32_t server_pool::allowed() const noexcept {
    return size_.current() + (reserve_open_ && !size_.limited() ? settings_.reserve_size : 0);
}

bool server_pool::reserve_due(base::time_point at) const noexcept {
    if (settings_.reserve_size == 0) return false;
    const waiter* first = queue_.oldest();
    return first != nullptr && (reserve_open_ || first->since() + settings_.reserve_after <= at);
}

bool server_pool::in_demand() const noexcept {
    // A server that is full is not down: the next place that becomes free is worth asking for.
    return !queue_.empty() || (trying_out_ && size_.limited());
}

base::duration server_pool::idle_timeout() const noexcept {
    const base::duration configured = settings_.server_idle_timeout;
    if (!size_.shares()) return configured;
    return configured == base::off ? sharing_idle_timeout : std::min(configured, sharing_idle_timeout);
}

std::size_t server_pool::kept_while_in_use() const noexcept {
    // One as a foothold: a pool that has none open may have to wait for the next.
    return std::max<std::size_t>(settings_.min_idle, size_.shares() && lent() == 0 ? 1 : 0);
}

bool server_pool::in_use(base::time_point at) const noexcept {
    if (clients_ > 0 || lent() > 0 || !queue_.empty()) return true;
    if (!ever_used_) return false;
    return settings_.server_idle_timeout == base::off || at < last_activity_ + settings_.server_idle_timeout;
}

demand server_pool::demand_at(base::time_point at) const {
    demand d;
    d.waiting = static_cast<std::uint32_t>(queue_.size());
    d.connecting = counts_->connecting.load(std::memory_order_relaxed);
    d.idle = static_cast<std::uint32_t>(idle_.size());
    d.taken = counts_->taken();
    // Only a waiting client is worth asking a full server for one place more.
    d.effective = d.waiting > 0 ? size_.at(at) : size_.current();
    d.reserve = !size_.limited() && reserve_due(at) ? settings_.reserve_size : 0;
    d.min_idle = in_use(at) ? settings_.min_idle : 0;
    if (trying_out_ && d.waiting + d.connecting == 0) d.min_idle = std::max(d.min_idle, 1U);
    d.burst = backoff_.failing() ? 1 : settings_.connect_burst;
    return d;
}

std::uint32_t server_pool::wanted_within_pool(base::time_point at) const {
    if (at < backoff_.over_at(in_demand())) return 0;
    return connects_to_start(demand_at(at));
}

std::uint32_t server_pool::places_missing(base::time_point at) const {
    if (budget_ == nullptr || queue_.empty() || at < backoff_.over_at(true)) return 0;
    demand d = demand_at(at);
    d.min_idle = 0;
    return room_for(connects_to_start(d), budget_->room());
}

std::uint32_t server_pool::places_to_reclaim(base::time_point at) const {
    return budget_ == nullptr ? 0 : room_for(places_missing(at), budget_->leaving());
}

void server_pool::settle(base::time_point now) {
    if (queue_.empty()) {
        reserve_open_ = false;
    } else if (reserve_due(now)) {
        reserve_open_ = true;
    }
    const auto waiting = static_cast<std::uint32_t>(queue_.size());
    const std::uint32_t taken = counts_->taken();
    usage_.change(now, {lent(), waiting, waiting > 0 && taken >= allowed()});

    recheck_at_ = waiting > 0 ? recheck_time(now) : base::never;
}

base::time_point server_pool::recheck_time(base::time_point now) const {
    const bool vacating = counts_->leaving.load(std::memory_order_relaxed) > 0;
    const bool budget_full = budget_ != nullptr && budget_->room() == 0 && counts_->taken() < allowed();
    if (!vacating && !budget_full) return base::never;
    if (places_to_reclaim(now) > 0 && budget_->idlest_other(*this) != nullptr) return now;
    return recheck_at_ == base::never || recheck_at_ <= now ? now + recheck_interval : recheck_at_;
}

}  // namespace pgweir::pool

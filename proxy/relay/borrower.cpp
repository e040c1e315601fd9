#include "relay/borrower.hpp"

#include <mutex>
#include <utility>

#include "relay/worker_services.hpp"

namespace pgweir::relay {

using metrics::checkout_result;
using session::outcome;

borrower::borrower(worker_services& services, std::uint64_t id, net::deferred& owner)
    : pool::waiter(services.index), services_(services), owner_(owner), id_(id), deadline_(*this, 0) {}

void borrower::join(shared_pool& from, std::uint8_t application) noexcept {
    pool_ = &from;
    application_ = application;
}

borrower::answer borrower::ask(const void* state_key) {
    set_state_key(state_key);
    asked_at_ = services_.reactor.now();
    auto loan = services_.servers.borrow(*this, *pool_, std::exchange(keeps_turn_, false));
    if (loan.kind == pool::acquisition::kind::rejected) {
        count(checkout_result::rejected);
        refusal_ = session::failure{.reason = outcome::queue_full};
        return answer::refused;
    }
    if (loan.server) {
        count(checkout_result::immediate);
        server_ = std::move(loan.server);
        return answer::lent;
    }
    waiting_ = true;
    services_.deadlines.arm(deadline_, deadline());
    return answer::waits;
}

void borrower::on_lent(std::unique_ptr<upstream::server> server, std::uint64_t wait) {
    if (!waiting_ || wait != wait_number()) return services_.servers.give_back(std::move(server));
    stop_waiting(checkout_result::waited);
    server_ = std::move(server);
    services_.reactor.defer(owner_);
}

void borrower::on_lost(std::uint64_t wait) {
    if (!waiting_ || wait != wait_number()) return;
    auto loan = services_.servers.borrow(*this, *pool_, true);
    if (loan.server) on_lent(std::move(loan.server), wait_number());
}

void borrower::on_not_lent(const session::failure& why, std::uint64_t wait) {
    if (!waiting_ || wait != wait_number()) return;
    stop_waiting(checkout_result::rejected);
    refuse(why);
}

void borrower::on_deadline(int, base::time_point) {
    if (!waiting_) return;
    services_.servers.abandon(*this, *pool_);
    stop_waiting(checkout_result::timeout);
    refuse(waited_too_long());
}

void borrower::leave() {
    if (!waiting_) return;
    services_.servers.abandon(*this, *pool_);
    stop_waiting(checkout_result::cancelled);
}

void borrower::cancel() {
    leave();
    refuse({.reason = outcome::cancelled});
}

base::duration borrower::waiting_for() const {
    return waiting_ ? services_.reactor.now() - asked_at_ : base::duration::zero();
}

void borrower::stop_waiting(checkout_result result) {
    waiting_ = false;
    deadline_.clear();
    count(result);
}

void borrower::count(checkout_result result) {
    auto& counters = pool_->counters(services_.index);
    const bool at_once = result == checkout_result::immediate;
    last_wait_ = at_once ? base::duration::zero() : services_.reactor.now() - asked_at_;
    counters.checkouts[result].add();
    counters.wait.observe(last_wait_);
    counters.wait_nanoseconds.add(last_wait_);
    counters.application_wait_nanoseconds[application_].add(last_wait_);
    if (at_once || result == checkout_result::waited) counters.server_assignments.add();
}

void borrower::refuse(session::failure why) {
    refusal_ = std::move(why);
    services_.reactor.defer(owner_);
}

session::failure borrower::waited_too_long() const {
    session::failure why{.reason = outcome::queue_timeout};
    if (const auto pinned = pool_->pinned.load(std::memory_order_relaxed); pinned > 0)
        why.hint = "Waited for pool.queue.max_wait, and " + std::to_string(pinned) +
                   (pinned == 1 ? " session keeps its" : " sessions keep their") +
                   " server between transactions: SHOW CLIENTS says why, limits.pinned bounds it.";
    const std::lock_guard lock(services_.directory.mutex());
    if (!pool_->last_failure || pool_->servers.snapshot(services_.reactor.now()).open > 0) return why;
    const session::failure& last = *pool_->last_failure;
    why.detail = "No server connection could be opened: " + (last.message.empty() ? last.detail : last.message);
    why.hint = "See whether the database server runs and can be reached.";
    return why;
}

}  // namespace pgweir::relay

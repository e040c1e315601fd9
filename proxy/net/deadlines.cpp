#include "net/deadlines.hpp"

#include <algorithm>

#include <boost/system/error_code.hpp>

namespace pgweir::net {
namespace {

/// The next multiple of the grain: never early.
base::time_point round_up(base::time_point when) noexcept {
    const base::duration beyond = when.time_since_epoch() % deadline_queue::grain;
    return beyond == base::duration::zero() ? when : when + (deadline_queue::grain - beyond);
}

}  // namespace

deadline_queue::deadline_queue(reactor& host)
    : reactor_(host), timer_(host.context().get_executor()), self_(std::make_shared<deadline_queue*>(this)) {}

void deadline_queue::arm(deadline& which, base::time_point when) {
    // A handler that arms a time gone by would else be called for ever in one sweep.
    if (expiring_) when = std::max(when, reactor_.now() + base::duration(1));
    heap_.arm(which, when);
    if (!expiring_) schedule();
}

void deadline_queue::schedule() {
    const base::time_point nearest = heap_.nearest();
    if (nearest == base::never) return;
    const base::time_point when = round_up(nearest);
    if (when >= wakes_at_) return;
    wakes_at_ = when;
    timer_.expires_at(when);
    timer_.async_wait([self = std::weak_ptr(self_)](const boost::system::error_code& error) {
        const auto alive = self.lock();
        if (alive != nullptr && !error) (*alive)->expire();
    });
}

void deadline_queue::expire() {
    wakes_at_ = base::never;
    reactor_.run_tick([this] {
        expiring_ = true;
        while (deadline* due = heap_.pop_due(reactor_.now())) due->expire(reactor_.now());
        expiring_ = false;
    });
    schedule();
}

}  // namespace pgweir::net

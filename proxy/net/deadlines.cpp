#include "net/deadlines.hpp"

#include <algorithm>

namespace pgweir::net {
namespace {

/// The next multiple of the grain: never early.
base::time_point round_up(base::time_point when) noexcept {
    const base::duration beyond = when.time_since_epoch() % deadline_queue::grain;
    return beyond == base::duration::zero() ? when : when + (deadline_queue::grain - beyond);
}

}  // namespace

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
    reactor_.wake_at(when, *this);
}

void deadline_queue::on_alarm() {
    wakes_at_ = base::never;
    expiring_ = true;
    while (deadline* due = heap_.pop_due(reactor_.now())) due->expire(reactor_.now());
    expiring_ = false;
    schedule();
}

}  // namespace pgweir::net

#pragma once

#include <chrono>

#include "base/time.hpp"
#include "net/deadline_heap.hpp"
#include "net/reactor.hpp"

namespace pgweir::net {

/// A worker's deadlines, served by the reactor's alarm: one for each reactor. A handler is called never early, and at most `grain` late
/// unless the worker is busy. All that are due at once run in one tick of the reactor.
class deadline_queue final : alarm {
public:
    /// Deadlines within one grain cost one wake-up.
    static constexpr base::duration grain = std::chrono::milliseconds(5);

    explicit deadline_queue(reactor& host) : reactor_(host) {}
    deadline_queue(const deadline_queue&) = delete;
    deadline_queue& operator=(const deadline_queue&) = delete;
    ~deadline_queue() { reactor_.wake_at(base::never, *this); }

    /// Moves it if it is armed already. base::never disarms; a time that has passed is due in the next tick.
    void arm(deadline& which, base::time_point when);
    void disarm(deadline& which) noexcept { which.clear(); }

private:
    void schedule();
    void on_alarm() override;

    reactor& reactor_;
    deadline_heap heap_;
    base::time_point wakes_at_ = base::never;
    bool expiring_ = false;
};

}  // namespace pgweir::net

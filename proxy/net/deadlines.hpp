#pragma once

#include <chrono>
#include <memory>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/wait_traits.hpp>

#include "base/time.hpp"
#include "net/deadline_heap.hpp"
#include "net/reactor.hpp"

namespace pgweir::net {

/// A worker's deadlines and the one timer that serves them. A handler is called never early, and at most `grain` late
/// unless the worker is busy. All that are due at once run in one tick of the reactor.
class deadline_queue {
public:
    /// Deadlines within one grain cost one wake-up, and moving the nearest within it costs no system call.
    static constexpr base::duration grain = std::chrono::milliseconds(5);

    explicit deadline_queue(reactor& host);

    /// Moves it if it is armed already. base::never disarms; a time that has passed is due in the next tick.
    void arm(deadline& which, base::time_point when);
    void disarm(deadline& which) noexcept { which.clear(); }

private:
    using timer = boost::asio::basic_waitable_timer<base::clock, boost::asio::wait_traits<base::clock>,
                                                    boost::asio::io_context::executor_type>;

    void schedule();
    void expire();

    reactor& reactor_;
    deadline_heap heap_;
    timer timer_;
    base::time_point wakes_at_ = base::never;
    bool expiring_ = false;
    /// Gone when the queue is: a completion that is already on its way must not touch it.
    std::shared_ptr<deadline_queue*> self_;
};

}  // namespace pgweir::net

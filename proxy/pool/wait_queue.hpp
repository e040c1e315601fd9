#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/intrusive_list.hpp"
#include "base/time.hpp"
#include "pool/waiter.hpp"

namespace pgweir::pool {

/// By how much a waiter may be older than one that is served before it because that one is on the server's own worker:
/// moving a server to another worker costs a wake-up, which is worth this much unfairness and no more.
inline constexpr base::duration overtake_limit = std::chrono::milliseconds(2);

/// Waiters in the order they came. A list for each worker, so that the first of a worker is found without a search;
/// a call costs at most one step per worker.
class wait_queue {
public:
    /// Gives it its turn, without queueing it yet.
    void stamp(waiter& who, base::time_point now, base::time_point deadline) noexcept;

    /// Queues it behind everybody of its worker; its turn is the latest given.
    void push(waiter& who) { of(who.worker_).push_back(who); }

    /// Queues it where a turn given earlier belongs.
    void push_again(waiter& who);

    static void remove(waiter& who) noexcept { who.unlink(); }

    /// The one that came first; null when empty. The order is that of stamp(), not of clocks.
    waiter* oldest() const noexcept;

    /// Takes out the one to get a server that `worker` watches; null when empty.
    waiter* pop_for(std::uint32_t worker) noexcept;

    /// Takes out the oldest; null when empty.
    waiter* pop() noexcept;

    bool empty() const noexcept { return oldest() == nullptr; }
    std::size_t size() const noexcept;

private:
    using list = base::intrusive_list<waiter, wait_queue>;

    list& of(std::uint32_t worker);

    std::deque<list> lists_;  ///< by worker; a deque, since lists cannot be moved
    std::uint64_t tickets_ = 0;
};

}  // namespace pgweir::pool

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/time.hpp"

namespace pgweir::base {

/// A number that only grows and that all threads share, for noticing that something has happened. Orders nothing else:
/// a reader that sees it a moment late acted at the same time as what it counts.
class shared_counter {
public:
    void add() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
    std::uint64_t get() const noexcept { return count_.load(std::memory_order_relaxed); }

    /// For what may have happened, and may be said often: counts at once, and again when `pause` is over at the earliest,
    /// by settle().
    void add_now_and_then(time_point now) noexcept {
        if (is_over(now))
            add();
        else
            owed_.store(true, std::memory_order_relaxed);
    }
    /// To be called now and then.
    void settle(time_point now) noexcept {
        if (owed_.load(std::memory_order_relaxed) && is_over(now) && owed_.exchange(false)) add();
    }

    static constexpr duration pause = std::chrono::seconds(1);

private:
    bool is_over(time_point now) noexcept {
        auto last = last_.load(std::memory_order_relaxed);
        const auto at = now.time_since_epoch().count();
        return (last == 0 || at - last >= pause.count()) && last_.compare_exchange_strong(last, at);
    }

    std::atomic<std::uint64_t> count_{0};
    std::atomic<duration::rep> last_{0};  ///< of time_point; 0: never
    std::atomic<bool> owed_{false};
};

}  // namespace pgweir::base

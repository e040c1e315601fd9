#pragma once

#include <atomic>
#include <cstdint>

namespace pgweir::base {

/// A number that only grows and that all threads share, for noticing that something has happened. Orders nothing else:
/// a reader that sees it a moment late acted at the same time as what it counts.
class shared_counter {
public:
    void add() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
    std::uint64_t get() const noexcept { return count_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> count_{0};
};

}  // namespace pgweir::base

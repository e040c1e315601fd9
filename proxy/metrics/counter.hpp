#pragma once

#include <atomic>
#include <cstdint>

#include "base/time.hpp"

namespace pgweir::metrics {

/// Counts up. One thread writes, any thread may read. A load and a store instead of a locked addition: a third of
/// the cost, and right as long as there is one writer.
class counter {
public:
    void add(std::uint64_t amount = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }

    /// In nanoseconds. A negative duration counts as none.
    void add(base::duration spent) noexcept {
        if (spent.count() > 0) add(static_cast<std::uint64_t>(spent.count()));
    }

    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down. One thread writes, any thread may read.
class gauge {
public:
    void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    void add(std::int64_t amount) noexcept { set(get() + amount); }
    std::int64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> value_{0};
};

}  // namespace pgweir::metrics

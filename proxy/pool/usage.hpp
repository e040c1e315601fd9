#pragma once

#include <cstdint>

#include "base/time.hpp"

namespace pgweir::pool {

/// Integrals over time of what a pool is doing. Each change is told with its time; between two changes the values
/// stand still, so the integrals are exact and need no sampling.
class usage {
public:
    struct state {
        std::uint32_t lent = 0;
        std::uint32_t waiting = 0;
        bool saturated = false;
    };

    struct integrals {
        double busy_seconds = 0;
        double waiting_seconds = 0;
        double saturated_seconds = 0;
    };

    /// From `now` on the pool is in this state. A `now` before the last one counts as the last one.
    void change(base::time_point now, const state& next) noexcept;

    integrals until(base::time_point now) const noexcept;

    std::uint32_t peak_waiting() const noexcept { return peak_waiting_; }

private:
    integrals sums_;
    state current_;
    base::time_point last_{};
    bool started_ = false;
    std::uint32_t peak_waiting_ = 0;
};

}  // namespace pgweir::pool

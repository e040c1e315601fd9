#pragma once

#include "base/time.hpp"
#include "metrics/pool_counters.hpp"

namespace pgweir::session {

/// Splits the time for which a server is held into the phases that are shown: each moment belongs to one of them,
/// so that their sum is the time held.
class phase_clock {
public:
    void start(metrics::held_phase phase, base::time_point now) noexcept {
        phase_ = phase;
        since_ = now;
        running_ = true;
    }

    void change(metrics::held_phase phase, base::time_point now, metrics::pool_counters& counters) noexcept {
        if (!running_ || phase == phase_) return;
        account(now, counters);
        phase_ = phase;
    }

    void stop(base::time_point now, metrics::pool_counters& counters) noexcept {
        if (!running_) return;
        account(now, counters);
        running_ = false;
    }

    /// What has run so far is counted, so that a long phase is seen before it ends.
    void flush(base::time_point now, metrics::pool_counters& counters) noexcept {
        if (running_) account(now, counters);
    }

private:
    void account(base::time_point now, metrics::pool_counters& counters) noexcept {
        counters.held_nanoseconds[phase_].add(now - since_);
        since_ = now;
    }

    base::time_point since_{};
    metrics::held_phase phase_ = metrics::held_phase::setup;
    bool running_ = false;
};

}  // namespace pgweir::session

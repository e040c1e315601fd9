#include "pool/usage.hpp"

#include <algorithm>

namespace pgweir::pool {

void usage::change(base::time_point now, const state& next) noexcept {
    sums_ = until(now);
    last_ = started_ ? std::max(last_, now) : now;
    started_ = true;
    current_ = next;
    peak_waiting_ = std::max(peak_waiting_, next.waiting);
}

usage::integrals usage::until(base::time_point now) const noexcept {
    integrals sums = sums_;
    if (!started_ || now <= last_) return sums;
    const double elapsed = base::to_seconds(now - last_);
    sums.busy_seconds += elapsed * current_.lent;
    sums.waiting_seconds += elapsed * current_.waiting;
    if (current_.saturated) sums.saturated_seconds += elapsed;
    return sums;
}

}  // namespace pgweir::pool

#include "pool/connect_pace.hpp"

#include <algorithm>

namespace pgweir::pool {

void effective_size::configure(std::uint32_t size) noexcept {
    current_ = limited() ? std::min(current_, size) : size;
    configured_ = size;
}

std::uint32_t effective_size::at(base::time_point now) const noexcept {
    return limited() && now >= probe_at_ ? current_ + 1 : current_;
}

void effective_size::refused(std::uint32_t open, base::time_point now, std::uint64_t entropy) noexcept {
    const bool same_round = limited() && now < probe_at_;
    if (!limited()) interval_ = {};
    became_scarce(open, now);
    current_ = std::min(current_, std::max(open, 1U));
    if (same_round) return;
    interval_ = probe_interval_refused(interval_, current_);
    probe_at_ = now + jittered(interval_, entropy);
}

void effective_size::opened(std::uint32_t open, base::time_point now) noexcept {
    scarce_ = false;
    if (!limited() || open <= current_) return;
    current_ = std::min(open, configured_);
    interval_ = probe_interval_granted(interval_);
    probe_at_ = now + interval_;
}

void effective_size::counted(std::int64_t free, std::uint32_t open, base::time_point now) noexcept {
    if (free > 0)
        scarce_ = false;
    else
        became_scarce(open, now);
}

void effective_size::became_scarce(std::uint32_t open, base::time_point now) noexcept {
    if (!scarce_) give_up_at_ = now + give_up_gap(open);
    scarce_ = true;
}

bool effective_size::gives_up_one(std::uint32_t open, base::time_point now, std::uint64_t entropy) noexcept {
    if (!scarce_ || open < 2 || now < give_up_at_) return false;
    if (!limited()) interval_ = {};
    current_ = std::min(current_, open - 1);
    give_up_at_ = now + jittered(give_up_gap(open), entropy);
    probe_at_ = std::max(probe_at_, now + jittered(shortest_probe, entropy));
    return true;
}

void connect_backoff::failed(base::time_point now, std::uint64_t entropy) noexcept {
    if (failing() && now < over_at(true)) return;
    ++rounds_;
    last_ = now;
    entropy_ = entropy;
}

base::time_point connect_backoff::over_at(bool somebody_waits) const noexcept {
    if (!failing()) return base::time_point::min();
    return last_ + retry_delay(rounds_, somebody_waits ? longest_retry : longest_idle_retry, entropy_);
}

}  // namespace pgweir::pool

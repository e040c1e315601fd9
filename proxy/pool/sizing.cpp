#include "pool/sizing.hpp"

#include <algorithm>

namespace pgweir::pool {
namespace {

/// `entropy` as a number in [0, 1).
double fraction(std::uint64_t entropy) noexcept {
    return static_cast<double>(entropy >> 32) / 4294967296.0;
}

base::duration scaled(base::duration d, double factor) noexcept {
    return base::duration(static_cast<base::duration::rep>(static_cast<double>(d.count()) * factor));
}

}  // namespace

std::uint32_t connects_to_start(const demand& d) noexcept {
    const std::uint32_t unserved = room_for(d.waiting, d.connecting);
    const std::uint32_t for_waiters = std::min(unserved, room_for(d.effective + d.reserve, d.taken));
    const std::uint32_t coming = d.idle + d.connecting + for_waiters;
    const std::uint32_t for_idle =
        std::min(room_for(d.waiting + d.min_idle, coming), room_for(d.effective, d.taken + for_waiters));
    return std::min(for_waiters + for_idle, room_for(d.burst, d.connecting));
}

base::time_point lifetime_end(base::time_point created, base::duration lifetime, std::uint64_t entropy) noexcept {
    if (lifetime == base::off) return base::never;
    return created + scaled(lifetime, 1.0 - fraction(entropy) / 5.0);
}

base::duration retirement_gap(base::duration lifetime, std::uint32_t size) noexcept {
    return lifetime / (2 * static_cast<base::duration::rep>(std::max(size, 1U)));
}

base::duration retry_delay(std::uint32_t n, base::duration longest, std::uint64_t entropy) noexcept {
    base::duration full = std::min(2 * shortest_retry, longest);
    for (std::uint32_t round = 1; round < n && full < longest; ++round) full = std::min(2 * full, longest);
    return scaled(full, 0.5 + fraction(entropy) / 2.0);
}

base::duration probe_interval_refused(base::duration interval, std::uint32_t open) noexcept {
    return std::clamp(2 * interval, shortest_probe, std::min(longest_probe, std::max(open, 1U) * 4 * shortest_probe));
}

base::duration probe_interval_granted(base::duration interval) noexcept {
    return std::clamp(interval / 4, shortest_probe, longest_probe);
}

base::duration give_up_gap(std::uint32_t open) noexcept {
    return sharing_turn / static_cast<base::duration::rep>(std::max(open, 1U));
}

base::duration jittered(base::duration interval, std::uint64_t entropy) noexcept {
    return scaled(interval, 0.75 + fraction(entropy) / 2.0);
}

}  // namespace pgweir::pool

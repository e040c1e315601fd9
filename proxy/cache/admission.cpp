#include "cache/admission.hpp"

#include <algorithm>
#include <utility>

#include "base/hash.hpp"

namespace pgweir::cache {

admission::admission(std::uint64_t seed) : seed_(seed), recent_(slots), older_(slots) {}

bool admission::admits(std::string_view key) {
    const std::uint64_t hash = base::fingerprint(key, seed_);
    const places of{hash % slots, (hash >> 20) % slots, (hash >> 40) % slots};
    if (has(recent_, of)) return true;
    const bool known = has(older_, of);
    for (const std::size_t each : of) recent_[each] = true;
    if (++noted_ == most_noted) {
        noted_ = 0;
        older_ = std::exchange(recent_, std::vector<bool>(slots));
    }
    return known;
}

bool admission::has(const std::vector<bool>& half, const places& of) {
    return std::all_of(of.begin(), of.end(), [&](std::size_t each) { return half[each]; });
}

}  // namespace pgweir::cache

#include "cache/admission.hpp"

#include <utility>

#include "base/hash.hpp"

namespace pgweir::cache {

admission::admission(std::uint64_t seed) : seed_(seed), recent_(slots), older_(slots) {}

bool admission::admits(std::string_view key) {
    const std::size_t place = base::fingerprint(key, seed_) % slots;
    const bool known = recent_[place] || older_[place];
    if (recent_[place]) return known;
    recent_[place] = true;
    if (++noted_ == most_noted) {
        noted_ = 0;
        older_ = std::exchange(recent_, std::vector<bool>(slots));
    }
    return known;
}

}  // namespace pgweir::cache

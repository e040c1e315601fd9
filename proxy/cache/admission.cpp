#include "cache/admission.hpp"

#include <algorithm>
#include <chrono>

#include "base/hash.hpp"

namespace pgweir::cache {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// What keeping one in a shared store takes of a processor is what a server takes for a row by its key.
constexpr unsigned cheap_in_memory = 2;
constexpr unsigned cheap_in_shared_store = 3;
constexpr base::duration not_cheap = microseconds(500);
constexpr base::duration costly = milliseconds(10);

}  // namespace

unsigned worthwhile_from(base::duration took, bool shared) noexcept {
    if (took == base::off || took >= costly) return 1;
    return took >= not_cheap || !shared ? cheap_in_memory : cheap_in_shared_store;
}

unsigned admission::half::of(const places& key) const noexcept {
    unsigned least = most;
    for (const std::size_t each : key) least = std::min(least, at(each));
    return least;
}

// Of the smallest only: the others are larger by other keys.
unsigned admission::half::add(const places& key) noexcept {
    const unsigned known = of(key);
    if (known == most) return most;
    for (const std::size_t each : key)
        if (at(each) == known) pairs_[each / 2] = static_cast<std::uint8_t>(pairs_[each / 2] + (1U << (each % 2 * 4)));
    return known + 1;
}

bool is_worth_a_lease(base::duration took) noexcept {
    return took >= costly;
}

admission::admission(std::uint64_t seed) : seed_(seed), lines_(line_count) {}

unsigned admission::count(std::string_view key) {
    const std::uint64_t hash = base::fingerprint(key, seed_);
    const places of{(hash >> 20) % counts_in_half, (hash >> 30) % counts_in_half, (hash >> 40) % counts_in_half};
    line& among = lines_[hash % line_count];
    const unsigned known = std::min(most, among.recent.add(of) + among.older.of(of));
    if (++noted_ == most_noted) {
        noted_ = 0;
        for (line& each : lines_) each = {.recent = {}, .older = each.recent};
    }
    return known;
}

}  // namespace pgweir::cache

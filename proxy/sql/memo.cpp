#include "sql/memo.hpp"

#include <utility>

#include "base/hash.hpp"

namespace pgweir::sql {

namespace {

// Of an entry: two nodes of the containers, a bucket, the counts of the shared pointer.
constexpr std::size_t upkeep = 160;

}  // namespace

std::size_t memo::seeded_hash::operator()(std::string_view shape) const noexcept {
    return base::fingerprint(shape, seed);
}

memo::memo(std::size_t max_bytes, std::uint64_t seed) : by_shape_(0, seeded_hash{seed}), max_bytes_(max_bytes) {}

memo::facts_pointer memo::find(std::string_view shape) {
    const auto found = by_shape_.find(shape);
    if (found == by_shape_.end()) {
        ++misses_;
        return nullptr;
    }
    ++hits_;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->facts;
}

void memo::keep(std::string_view shape, facts_pointer facts) {
    if (const auto known = by_shape_.find(shape); known != by_shape_.end()) forget(known->second);
    const std::size_t bytes = shape.size() + bytes_of(*facts) + upkeep;
    if (bytes > max_bytes_) return;
    while (bytes_ + bytes > max_bytes_) forget(std::prev(entries_.end()));
    entries_.push_front({std::string(shape), std::move(facts), bytes});
    by_shape_.emplace(entries_.front().shape, entries_.begin());
    bytes_ += bytes;
}

void memo::forget(place which) {
    bytes_ -= which->bytes;
    by_shape_.erase(which->shape);
    entries_.erase(which);
}

}  // namespace pgweir::sql

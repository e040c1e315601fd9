#include "cache/memory_store.hpp"

#include <iterator>
#include <utility>

#include "base/hash.hpp"

namespace pgweir::cache {

namespace {

// A node of the queue, a place in a map that is half empty, the counts of the shared pointer; as malloc rounds them.
constexpr std::size_t upkeep = 192;

std::uint64_t fingerprint(std::string_view key, std::uint64_t seed) {
    return base::fingerprint(key, seed);
}

}  // namespace

std::size_t entry::bytes() const noexcept {
    return sizeof(entry) + upkeep + key.capacity() + description.capacity() + rows.capacity() +
           depends_on.capacity() * sizeof(dependency);
}

memory_store::memory_store(std::size_t max_bytes, std::uint64_t seed, hash_function hash)
    : hand_(queue_.end()), seed_(seed), hash_(hash != nullptr ? hash : fingerprint), max_bytes_(max_bytes) {}

memory_store::slot* memory_store::find(std::string_view key) {
    const auto found = by_key_.find(hashed(key));
    if (found == by_key_.end()) return nullptr;
    found->second->visited = true;
    return &*found->second;
}

memory_store::slot* memory_store::put(pointer what) {
    remove(what->key);
    const std::size_t bytes = what->bytes();
    if (bytes > max_bytes_) return nullptr;
    while (bytes_ + bytes > max_bytes_) evict_one();
    queue_.push_front({.what = std::move(what)});
    by_key_.emplace(hashed(queue_.front().what->key), queue_.begin());
    bytes_ += bytes;
    share& of_rule = count(queue_.front().what->rule);
    ++of_rule.entries;
    of_rule.bytes += bytes;
    return &queue_.front();
}

void memory_store::remove(std::string_view key) {
    if (const auto found = by_key_.find(hashed(key)); found != by_key_.end()) forget(found->second);
}

void memory_store::clear() {
    by_key_.clear();
    queue_.clear();
    hand_ = queue_.end();
    for (walk* each : walks_) each->place_ = queue_.end();
    bytes_ = 0;
    shares_.clear();
}

memory_store::share& memory_store::count(std::uint32_t rule) {
    if (rule >= shares_.size()) shares_.resize(rule + 1);
    return shares_[rule];
}

void memory_store::forget(queue::iterator place) {
    if (hand_ == place) hand_ = place == queue_.begin() ? queue_.end() : std::prev(place);
    for (walk* each : walks_)
        if (each->place_ == place) ++each->place_;
    const std::size_t bytes = place->what->bytes();
    bytes_ -= bytes;
    share& of_rule = count(place->what->rule);
    --of_rule.entries;
    of_rule.bytes -= bytes;
    by_key_.erase(hashed(place->what->key));
    queue_.erase(place);
}

// From the oldest towards the newest, and round again. What was asked for since the hand came by stays.
void memory_store::evict_one() {
    if (hand_ == queue_.end()) hand_ = std::prev(queue_.end());
    while (std::exchange(hand_->visited, false))
        hand_ = hand_ == queue_.begin() ? std::prev(queue_.end()) : std::prev(hand_);
    ++evictions_;
    forget(hand_);
}

}  // namespace pgweir::cache

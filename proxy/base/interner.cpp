#include "base/interner.hpp"

#include <xxhash.h>

#include <cassert>
#include <memory>

namespace pgweir::base {

void interned::drop_reference() noexcept {
    if (entry_ == nullptr) return;
    // Behind the decrement the entry may be gone: another thread can revive, drop and delete it in between.
    interner* const owner = entry_->owner;
    const std::uint64_t hash = entry_->hash;
    if (entry_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) owner->forget(entry_, hash);
    entry_ = nullptr;
}

interner::~interner() {
    for ([[maybe_unused]] const auto& part : shards_) {
        assert(part.entries.empty() && "a handle outlives its interner");
    }
}

interned interner::intern(std::string_view text) {
    const std::uint64_t hash = XXH3_64bits(text.data(), text.size());
    shard& part = shard_for(hash);
    const std::lock_guard lock(part.mutex);
    const auto [first, last] = part.entries.equal_range(hash);
    for (auto found = first; found != last; ++found) {
        interned::entry* candidate = found->second;
        if (candidate->text != text) continue;
        // An entry at zero is being forgotten by another thread that waits for this mutex: raising its count
        // again is what makes forget() leave it alone.
        candidate->references.fetch_add(1, std::memory_order_relaxed);
        return interned(candidate);
    }
    auto fresh = std::unique_ptr<interned::entry>(
        new interned::entry{std::string(text), next_id_.fetch_add(1, std::memory_order_relaxed), hash, this, 1});
    part.entries.emplace(hash, fresh.get());
    return interned(fresh.release());
}

void interner::forget(interned::entry* dead, std::uint64_t hash) noexcept {
    shard& part = shard_for(hash);
    const std::lock_guard lock(part.mutex);
    // Between our decrement and the lock, intern() may have revived it, and its new owners may have dropped it
    // again: then two threads arrive here for one entry, and only the one that still finds it may delete it.
    const auto [first, last] = part.entries.equal_range(hash);
    for (auto found = first; found != last; ++found) {
        if (found->second != dead) continue;
        if (dead->references.load(std::memory_order_acquire) != 0) return;
        part.entries.erase(found);
        delete dead;
        return;
    }
}

std::size_t interner::size() const {
    std::size_t total = 0;
    for (const auto& part : shards_) {
        const std::lock_guard lock(part.mutex);
        total += part.entries.size();
    }
    return total;
}

}  // namespace pgweir::base

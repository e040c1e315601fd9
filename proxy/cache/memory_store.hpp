#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "cache/entry.hpp"

namespace pgweir::cache {

/// Entries in the memory of the process, found by their whole keys. When they are more than fit, those go that were not
/// asked for since they were looked at last (SIEVE): unlike the least recently used, a stretch of entries that are
/// asked for once pushes out nothing that is asked for again, and a hit moves nothing.
class memory_store {
public:
    using hash_function = std::uint64_t (*)(std::string_view key, std::uint64_t seed);

    /// `seed`: clients cannot know it. `hash` finds an entry, and is never trusted: tests may have one that collides.
    memory_store(std::size_t max_bytes, std::uint64_t seed, hash_function hash = nullptr);

    using pointer = std::shared_ptr<const entry>;

    /// nullptr when there is none. Marks it as asked for.
    const pointer* find(std::string_view key);
    /// In the place of what was there. False when it does not fit by itself.
    bool put(pointer what);
    void remove(std::string_view key);
    void clear();

    /// Calls `look(const entry&)` for each; those for which it says true are removed. Returns how many.
    template <class Function>
    std::size_t remove_if(Function&& look) {
        std::size_t removed = 0;
        for (auto place = queue_.begin(); place != queue_.end();) {
            const auto next = std::next(place);
            if (look(*place->what)) {
                forget(place);
                ++removed;
            }
            place = next;
        }
        return removed;
    }

    std::size_t size() const noexcept { return queue_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }
    std::uint64_t evictions() const noexcept { return evictions_; }

private:
    struct slot {
        pointer what;
        bool visited = false;
    };
    using queue = std::list<slot>;
    struct seeded_hash {
        std::uint64_t seed;
        hash_function hash;
        std::size_t operator()(std::string_view key) const noexcept { return hash(key, seed); }
    };

    void forget(queue::iterator place);
    void evict_one();

    queue queue_;  // newest in front
    queue::iterator hand_;  // where the next eviction goes on looking, towards the front
    std::unordered_map<std::string_view, queue::iterator, seeded_hash> by_key_;  // keys are the entries' own
    std::size_t max_bytes_;
    std::size_t bytes_ = 0;
    std::uint64_t evictions_ = 0;
};

}  // namespace pgweir::cache

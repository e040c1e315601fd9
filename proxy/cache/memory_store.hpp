#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

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

    struct slot {
        pointer what;
        std::uint64_t hits = 0;  ///< how often it was served
        bool visited = false;
        bool found_old = false;  ///< and counted as that
        std::uint64_t held_turn = 0;  ///< result_cache's, when it was found to hold last
        base::time_point held_at = base::time_point::min();
        // When the stamps were asked for by which it was.
        std::uint64_t compared_turn = 0;
        base::time_point compared_at = base::time_point::min();
    };

    /// nullptr when there is none. Marks it as asked for.
    slot* find(std::string_view key);
    /// In the place of what was there. nullptr when it does not fit by itself.
    slot* put(pointer what);
    void remove(std::string_view key);
    void clear();

    class walk;

    std::size_t size() const noexcept { return queue_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }
    std::uint64_t evictions() const noexcept { return evictions_; }

    /// The entries of one rule, by its number; 0: of none.
    struct share {
        std::size_t entries = 0;
        std::size_t bytes = 0;
    };
    share share_of(std::uint32_t rule) const { return rule < shares_.size() ? shares_[rule] : share(); }

private:
    using queue = std::list<slot>;
    /// Most keys that are asked for are not there: hashes that stand beside each other say so without a look at entries.
    struct hashed_key {
        std::uint64_t hash;
        std::string_view key;
        bool operator==(const hashed_key&) const = default;
    };
    struct known_hash {
        using is_avalanching = void;
        std::size_t operator()(const hashed_key& of) const noexcept { return of.hash; }
    };

    hashed_key hashed(std::string_view key) const { return {hash_(key, seed_), key}; }
    void forget(queue::iterator place);
    share& count(std::uint32_t rule);
    void evict_one();

    queue queue_;  // newest in front
    queue::iterator hand_;  // where the next eviction goes on looking, towards the front
    std::uint64_t seed_;
    hash_function hash_;
    boost::unordered_flat_map<hashed_key, queue::iterator, known_hash> by_key_;  // keys are the entries' own
    std::vector<share> shares_;
    std::vector<walk*> walks_;  // under way
    std::size_t max_bytes_;
    std::size_t bytes_ = 0;
    std::uint64_t evictions_ = 0;
};

/// Goes through all entries in steps, between which the store may be used: what is put meanwhile is not seen, and what
/// is gone is passed over. Ends before its store, and is used as the store is: by one thread at a time.
class memory_store::walk {
public:
    explicit walk(memory_store& through) : through_(through), place_(through.queue_.begin()) {
        through_.walks_.push_back(this);
    }
    ~walk() { std::erase(through_.walks_, this); }
    walk(const walk&) = delete;
    walk& operator=(const walk&) = delete;

    bool ended() const noexcept { return place_ == through_.queue_.end(); }

    /// Calls `look(const slot&)` for the next `most` entries; those for which it says true are removed. Returns how many
    /// were.
    template <class Function>
    std::size_t step(std::size_t most, Function&& look) {
        std::size_t removed = 0;
        for (; most > 0 && !ended(); --most) {
            const auto here = place_++;
            if (!look(std::as_const(*here))) continue;
            through_.forget(here);
            ++removed;
        }
        return removed;
    }

private:
    friend class memory_store;

    memory_store& through_;
    queue::iterator place_;  // of what is looked at next
};

}  // namespace pgweir::cache

#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sql/statement_facts.hpp"

namespace pgweir::sql {

/// What was understood of shapes (see write_shape()), the least recently used forgotten first. One thread, or a lock
/// around it; the facts themselves may be shared by threads and outlive their entry.
class memo {
public:
    using facts_pointer = std::shared_ptr<const statement_facts>;

    /// `max_bytes`: for shapes, facts and the upkeep of both. `seed`: any number that clients cannot know, so that
    /// nobody can write texts that all meet in one bucket.
    memo(std::size_t max_bytes, std::uint64_t seed);

    /// nullptr when the shape is not known. A hash finds the entry, the shape is compared as a whole.
    facts_pointer find(std::string_view shape);

    /// Replaces what was known of the shape. What does not fit by itself is not kept. Requires facts.
    void keep(std::string_view shape, facts_pointer facts);

    std::size_t size() const noexcept { return entries_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }
    std::uint64_t hits() const noexcept { return hits_; }
    std::uint64_t misses() const noexcept { return misses_; }

private:
    struct entry {
        std::string shape;
        facts_pointer facts;
        std::size_t bytes;
    };
    struct seeded_hash {
        std::uint64_t seed;
        std::size_t operator()(std::string_view shape) const noexcept;
    };
    using place = std::list<entry>::iterator;

    void forget(place which);

    std::list<entry> entries_;  // most recently used in front
    std::unordered_map<std::string_view, place, seeded_hash> by_shape_;  // keys are the entries' own
    std::size_t max_bytes_;
    std::size_t bytes_ = 0;
    std::uint64_t hits_ = 0;
    std::uint64_t misses_ = 0;
};

}  // namespace pgweir::sql

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/cache_arguments.hpp"
#include "admin/cache_lookup.hpp"
#include "admin/result_table.hpp"
#include "base/interner.hpp"
#include "base/time.hpp"
#include "cache/memory_store.hpp"

namespace pgweir::admin {

/// What the result cache would make of a statement, for EXPLAIN CACHE.
struct cache_explanation {
    std::string database;
    std::string user;   ///< of the pool
    std::string state;  ///< of the cache: on, or why it does not serve
    std::vector<std::string> reasons;  ///< codes; none: it may be cached
    std::vector<std::string> sentences;  ///< of each
    std::vector<std::string> reads;  ///< schema.table; all, when there is no reason
    std::vector<std::string> writes;  ///< the same, of what it may write when it is executed
    std::string rule;  ///< empty: none is about it
    base::duration ttl{};
    std::string hint;  ///< in front of the statement; empty: none

    // What stands in the cache now: the same text with any parameters and settings.
    std::uint64_t entries = 0;
    std::uint64_t hits = 0;
    base::time_point newest{};
    base::time_point expires{};  ///< of the newest

    result_table table(base::time_point now) const;
};

/// Judges a statement as one of this pool's clients would have it judged.
cache_explanation explain(const cached_pool& by, const explain_arguments& what, base::interner& texts,
                          std::uint64_t schema);

/// Adds an entry of the cache, if it is a reply to the statement that may be served to the pool's clients now.
/// `text`: as keys have it, see text_in_keys(). Under the cache's mutex.
void count_entry(cache_explanation& to, const cached_pool& by, const cache::memory_store::slot& entry,
                 std::string_view text, base::time_point now);

/// The statement as the keys of entries have it, but for a semicolon at its end.
std::string text_in_keys(std::string_view statement);

}  // namespace pgweir::admin

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "admin/cache_lookup.hpp"
#include "admin/result_table.hpp"
#include "base/time.hpp"
#include "cache/memory_store.hpp"
#include "relay/cache_domain.hpp"

namespace pgweir::admin {

/// The entries that have saved the most time (hits times what the server took), for SHOW CACHE ENTRIES.
class best_entries {
public:
    explicit best_entries(std::size_t most) : most_(most) {}

    void add(relay::cache_domain& of, const cache::memory_store::slot& entry);

    /// The best first. Takes the mutexes of the caches.
    result_table table(const std::vector<cached_pool>& pools, base::time_point now);

private:
    struct seen {
        relay::cache_domain* of = nullptr;
        cache::memory_store::pointer what;
        std::uint64_t hits = 0;
        base::duration saved{};
    };

    void keep_the_best();

    std::size_t most_;
    std::vector<seen> entries_;
};

/// SHOW CACHE RULES: the rules of each cache in their order; last, without a name, what is kept by none.
result_table show_cache_rules(const std::vector<relay::cache_domain*>& caches);

/// A statement for one line of a table: without what is no character, and not longer than that.
std::string shortened(std::string_view statement);

}  // namespace pgweir::admin

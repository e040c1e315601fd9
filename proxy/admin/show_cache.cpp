#include "admin/show_cache.hpp"

#include <chrono>
#include <cstdint>
#include <string>

#include "metrics/cache_labels.hpp"

namespace pgweir::admin {

namespace {

using metrics::cache_audit;
using metrics::cache_invalidation;
using metrics::cache_rejection;
using metrics::cache_result;
constexpr auto number = result_table::type::number;

std::string text_of(std::uint64_t value) {
    return std::to_string(value);
}

/// What the reads of a cache's pools came to.
struct read_totals {
    metrics::enum_array<cache_result, std::uint64_t> by_result;
    std::uint64_t saved_nanoseconds = 0;
};

read_totals totals_of(const proxy_state& state, const std::string& cache) {
    read_totals sum;
    for (const pool_view& pool : state.pools) {
        if (pool.cache != cache) continue;
        for (std::size_t i = 0; i < metrics::enum_size<cache_result>; ++i)
            sum.by_result[static_cast<cache_result>(i)] += pool.counters.cache_requests[static_cast<cache_result>(i)];
        sum.saved_nanoseconds += pool.counters.cache_saved_nanoseconds;
    }
    return sum;
}

}  // namespace

result_table show_cache(const proxy_state& state) {
    result_table table({{"cache"},
                        {"state"},
                        {"entries", number},
                        {"bytes", number},
                        {"max_bytes", number},
                        {"hits", number},
                        {"coalesced", number},
                        {"stale", number},
                        {"misses", number},
                        {"bypasses", number},
                        {"errors", number},
                        {"saved_ms", number},
                        {"stored", number},
                        {"evicted", number},
                        {"too_large", number},
                        {"written", number},
                        {"expired", number},
                        {"cleared", number},
                        {"audited", number},
                        {"differed", number},
                        {"flights", number},
                        {"waiting", number},
                        {"marks", number},
                        {"in_doubt", number},
                        {"held_back", number}});
    constexpr std::uint64_t nanoseconds_in_a_millisecond = 1'000'000;
    for (const metrics::cache_snapshot& cache : state.caches) {
        const read_totals reads = totals_of(state, cache.name);
        table.add({cache.name,
                   std::string(cache.state),
                   text_of(cache.entries),
                   text_of(cache.bytes),
                   text_of(cache.max_bytes),
                   text_of(reads.by_result[cache_result::hit]),
                   text_of(reads.by_result[cache_result::coalesced]),
                   text_of(reads.by_result[cache_result::stale]),
                   text_of(reads.by_result[cache_result::miss]),
                   text_of(reads.by_result[cache_result::bypass]),
                   text_of(reads.by_result[cache_result::error]),
                   text_of(reads.saved_nanoseconds / nanoseconds_in_a_millisecond),
                   text_of(cache.stored),
                   text_of(cache.evictions),
                   text_of(cache.rejections[cache_rejection::too_large]),
                   text_of(cache.invalidations[cache_invalidation::write]),
                   text_of(cache.invalidations[cache_invalidation::ttl]),
                   text_of(cache.invalidations[cache_invalidation::manual]),
                   text_of(cache.audits[cache_audit::same] + cache.audits[cache_audit::different] +
                           cache.audits[cache_audit::unknown]),
                   text_of(cache.audits[cache_audit::different]),
                   text_of(cache.flights),
                   text_of(cache.waiting),
                   text_of(cache.marks),
                   text_of(cache.in_doubt),
                   text_of(cache.held_back)});
    }
    return table;
}

}  // namespace pgweir::admin

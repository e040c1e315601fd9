#include "admin/show_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "admin/table_rows.hpp"

namespace pgweir::admin {
namespace {

using metrics::cache_result;
using testing::ElementsAre;

std::vector<std::string> rows_of(const result_table& table) {
    std::string answer;
    table.append_to(answer);
    return test::rows_of(std::move(answer));
}

pool_view pool_of(const std::string& cache, std::uint64_t hits, std::uint64_t misses) {
    pool_view pool;
    pool.cache = cache;
    pool.counters.cache_requests[cache_result::hit] = hits;
    pool.counters.cache_requests[cache_result::miss] = misses;
    pool.counters.cache_saved_nanoseconds = hits * 1'500'000;
    return pool;
}

TEST(show_cache_test, a_row_for_each_cache_with_the_reads_of_all_its_pools) {
    proxy_state state;
    state.pools = {pool_of("db:5432/app", 3, 1), pool_of("db:5432/other", 100, 0), pool_of("db:5432/app", 2, 1),
                   pool_of("", 0, 0)};
    metrics::cache_snapshot app;
    app.name = "db:5432/app";
    app.state = "on";
    app.serves = true;
    app.entries = 7;
    app.bytes = 7000;
    app.max_bytes = 64000;
    app.stored = 9;
    app.evictions = 2;
    app.invalidations[metrics::cache_invalidation::write] = 4;
    app.audits[metrics::cache_audit::same] = 12;
    app.audits[metrics::cache_audit::different] = 1;
    app.audits[metrics::cache_audit::unknown] = 3;
    metrics::cache_snapshot idle;
    idle.name = "db:5432/idle";
    idle.state = "another_pgweir";
    state.caches = {app, idle};
    EXPECT_THAT(rows_of(show_cache(state)),
                ElementsAre("db:5432/app|on|7|7000|64000|5|0|0|2|0|0|7|9|2|0|4|0|0|16|1|0|0|0|0|0",
                            "db:5432/idle|another_pgweir|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0"));
}

TEST(show_cache_test, where_nothing_is_cached_there_are_no_rows) {
    proxy_state state;
    state.pools = {pool_of("", 0, 0)};
    EXPECT_THAT(rows_of(show_cache(state)), ElementsAre());
}

}  // namespace
}  // namespace pgweir::admin

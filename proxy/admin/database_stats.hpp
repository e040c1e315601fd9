#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "metrics/pool_counters.hpp"

namespace pgweir::admin {

/// What SHOW STATS counts, in the order of its columns.
struct database_stats {
    enum item : std::size_t {
        server_assignments,
        transactions,
        queries,
        received,
        sent,
        transaction_time,  ///< microseconds, as the other times
        query_time,
        wait_time,
        client_parses,
        server_parses,
        binds,
        logins,
        item_count,
    };
    std::array<std::uint64_t, item_count> values{};

    void add(const metrics::pool_counters_sum& pool);
};

using stats_by_database = std::map<std::string, database_stats>;

/// PgBouncer's averages over a period: times for each transaction and each query, everything else for each second.
/// `began`: the totals at its beginning; a database that was not there then had none.
stats_by_database averages(const stats_by_database& began, const stats_by_database& ended, base::duration period);

/// Behind total_ and avg_.
std::string_view total_name(database_stats::item which) noexcept;
std::string_view average_name(database_stats::item which) noexcept;

}  // namespace pgweir::admin

#include "admin/database_stats.hpp"

#include <algorithm>
#include <chrono>

namespace pgweir::admin {

namespace {

using item = database_stats::item;

constexpr std::uint64_t nanoseconds_per_microsecond = 1000;

constexpr std::array<std::string_view, database_stats::item_count> names{"server_assignment_count",
                                                                         "xact_count",
                                                                         "query_count",
                                                                         "received",
                                                                         "sent",
                                                                         "xact_time",
                                                                         "query_time",
                                                                         "wait_time",
                                                                         "client_parse_count",
                                                                         "server_parse_count",
                                                                         "bind_count",
                                                                         "client_login_count"};

/// Whose average length a time is; itself when it is an average for each second.
item events_of(item which) {
    if (which == database_stats::transaction_time) return database_stats::transactions;
    return which == database_stats::query_time ? database_stats::queries : which;
}

}  // namespace

void database_stats::add(const metrics::pool_counters_sum& pool) {
    const std::array<std::uint64_t, item_count> more{pool.server_assignments,
                                                     pool.transactions,
                                                     pool.queries,
                                                     pool.bytes_from_client,
                                                     pool.bytes_to_client,
                                                     pool.transaction_nanoseconds / nanoseconds_per_microsecond,
                                                     pool.query_nanoseconds / nanoseconds_per_microsecond,
                                                     pool.wait_nanoseconds / nanoseconds_per_microsecond,
                                                     pool.client_parses,
                                                     pool.server_parses,
                                                     pool.binds,
                                                     pool.logins};
    for (std::size_t i = 0; i < item_count; ++i) values[i] += more[i];
}

stats_by_database averages(const stats_by_database& began, const stats_by_database& ended, base::duration period) {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(period).count();
    const auto length = static_cast<std::uint64_t>(std::max<std::int64_t>(milliseconds, 1));
    stats_by_database result;
    for (const auto& [database, totals] : ended) {
        const auto before = began.find(database);
        const database_stats then = before == began.end() ? database_stats{} : before->second;
        const auto grown = [&totals = totals, &then](std::size_t i) { return totals.values[i] - then.values[i]; };
        database_stats& average = result[database];
        for (std::size_t i = 0; i < database_stats::item_count; ++i) {
            const item events = events_of(static_cast<item>(i));
            if (events == i)
                average.values[i] = grown(i) * 1000 / length;
            else
                average.values[i] = grown(i) / std::max<std::uint64_t>(grown(events), 1);
        }
    }
    return result;
}

std::string_view total_name(database_stats::item which) noexcept {
    return names[which];
}

std::string_view average_name(database_stats::item which) noexcept {
    return which == database_stats::received ? "recv" : names[which];
}

}  // namespace pgweir::admin

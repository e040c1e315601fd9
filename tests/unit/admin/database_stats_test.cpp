#include "admin/database_stats.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace pgweir::admin {
namespace {

using namespace std::chrono_literals;

metrics::pool_counters_sum counted(std::uint64_t queries, std::uint64_t nanoseconds) {
    metrics::pool_counters_sum sum;
    sum.queries = queries;
    sum.query_nanoseconds = nanoseconds;
    sum.bytes_from_client = queries * 100;
    sum.wait_nanoseconds = nanoseconds;
    return sum;
}

TEST(database_stats, times_are_averages_of_events_and_the_rest_of_seconds) {
    stats_by_database began;
    began["app"].add(counted(100, 1'000'000));
    stats_by_database ended = began;
    ended["app"].add(counted(600, 120'000'000));
    const database_stats average = averages(began, ended, 60s).at("app");
    EXPECT_EQ(average.values[database_stats::queries], 10U);
    EXPECT_EQ(average.values[database_stats::received], 1000U);
    EXPECT_EQ(average.values[database_stats::query_time], 200U) << "microseconds for each of 600 queries";
    EXPECT_EQ(average.values[database_stats::wait_time], 2000U) << "microseconds in each second";
    EXPECT_EQ(average.values[database_stats::transactions], 0U);
    EXPECT_EQ(average.values[database_stats::transaction_time], 0U);
}

TEST(database_stats, pools_of_a_database_add_up_and_a_new_database_began_at_nothing) {
    stats_by_database ended;
    ended["new"].add(counted(30, 0));
    ended["new"].add(counted(30, 0));
    EXPECT_EQ(ended.at("new").values[database_stats::queries], 60U);
    EXPECT_EQ(averages({}, ended, 30s).at("new").values[database_stats::queries], 2U);
    EXPECT_EQ(averages(ended, ended, 0s).at("new").values[database_stats::queries], 0U);
}

}  // namespace
}  // namespace pgweir::admin

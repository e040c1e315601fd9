#include "catalog/reading_times.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "catalog/routine_queries.hpp"

namespace pgweir::catalog {
namespace {

using namespace std::chrono_literals;

constexpr base::time_point start = base::time_point{} + 1h;

TEST(reading_times, the_first_server_is_asked_before_it_is_lent) {
    const reading_times times;
    EXPECT_TRUE(times.behind(0));
    EXPECT_TRUE(times.due(0, start));
    EXPECT_EQ(times.begin().question(), bodies_query);
}

TEST(reading_times, what_is_known_is_looked_at_again_now_and_then) {
    reading_times times;
    times.started(start);
    times.ended("p", 7);
    EXPECT_EQ(times.begin().question(), fingerprint_query) << "with what is known";
    EXPECT_FALSE(times.due(7, start + reading_interval - 1ms));
    EXPECT_TRUE(times.due(7, start + reading_interval));
    EXPECT_FALSE(times.behind(7));
}

TEST(reading_times, a_change_that_was_seen_is_read_at_once) {
    reading_times times;
    times.started(start);
    times.ended("p", 7);
    EXPECT_TRUE(times.behind(8));
    EXPECT_TRUE(times.due(8, start));
    times.started(start);
    EXPECT_TRUE(times.behind(8)) << "until the answer is there";
    times.ended("q", 8);
    EXPECT_FALSE(times.behind(8));
}

TEST(reading_times, an_answer_that_was_overtaken_does_not_count) {
    reading_times times;
    times.started(start);
    times.ended("new", 8);
    times.ended("old", 7);
    EXPECT_FALSE(times.behind(8));
    routine_reading next = times.begin();
    ASSERT_TRUE(next.take({{"new"}}));
    EXPECT_EQ(next.question(), "") << "nothing has changed since";
}

TEST(reading_times, without_an_answer_it_goes_on_and_asks_again) {
    reading_times times;
    times.started(start);
    times.gave_up(start);
    EXPECT_FALSE(times.behind(0)) << "nobody waits for what cannot be had";
    EXPECT_FALSE(times.due(0, start + retry_interval - 1ms));
    EXPECT_TRUE(times.due(0, start + retry_interval));
    EXPECT_EQ(times.begin().question(), bodies_query) << "the next answer is read whole";
}

}  // namespace
}  // namespace pgweir::catalog

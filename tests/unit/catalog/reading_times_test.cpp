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
    EXPECT_EQ(times.begin(15).question(), bodies_query(15));
}

TEST(reading_times, what_is_known_is_looked_at_again_now_and_then) {
    reading_times times;
    times.started(start);
    times.ended("p", 7, start, start);
    EXPECT_EQ(times.begin(15).question(), fingerprint_query) << "with what is known";
    EXPECT_FALSE(times.due(7, start + reading_interval - 1ms));
    EXPECT_TRUE(times.due(7, start + reading_interval));
    EXPECT_FALSE(times.behind(7));
}

TEST(reading_times, a_change_that_was_seen_is_read_at_once) {
    reading_times times;
    times.started(start);
    times.ended("p", 7, start, start);
    EXPECT_TRUE(times.behind(8));
    EXPECT_TRUE(times.due(8, start));
    times.started(start);
    EXPECT_TRUE(times.behind(8)) << "until the answer is there";
    times.ended("q", 8, start, start);
    EXPECT_FALSE(times.behind(8));
}

TEST(reading_times, an_answer_that_was_overtaken_does_not_count) {
    reading_times times;
    times.started(start);
    times.ended("new", 8, start, start);
    times.ended("old", 7, start, start);
    EXPECT_FALSE(times.behind(8));
    routine_reading next = times.begin(15);
    ASSERT_TRUE(next.take({{"new"}}));
    EXPECT_EQ(next.question(), "") << "nothing has changed since";
}

TEST(reading_times, where_looking_takes_long_it_is_done_less_often) {
    reading_times times;
    times.started(start);
    times.ended("p", 7, start, start + 100ms);
    EXPECT_FALSE(times.due(7, start + 20s));
    EXPECT_TRUE(times.due(7, start + 21s));
    EXPECT_TRUE(times.due(8, start + 1s)) << "but for what was seen to change";
}

TEST(reading_times, without_an_answer_it_goes_on_and_asks_again_less_and_less) {
    reading_times times;
    base::time_point now = start;
    for (const base::duration pause : {base::duration(first_retry), 2 * first_retry, 4 * first_retry}) {
        times.started(now);
        EXPECT_TRUE(times.gave_up(true, 0, now));
        EXPECT_FALSE(times.behind(0)) << "nobody waits for what cannot be had";
        EXPECT_FALSE(times.due(0, now + pause - 1ms));
        now += pause;
        EXPECT_TRUE(times.due(0, now));
        EXPECT_EQ(times.begin(15).question(), bodies_query(15)) << "the next answer is read whole";
    }
    for (int i = 0; i < 20; ++i) static_cast<void>(times.gave_up(true, 0, now));
    EXPECT_TRUE(times.due(0, now + longest_retry));
    times.ended("p", 0, now, now);
    EXPECT_TRUE(times.gave_up(true, 0, now));
    EXPECT_TRUE(times.due(0, now + first_retry)) << "it was answered in between";
}

TEST(reading_times, a_server_that_is_lost_takes_nothing_that_is_of_now) {
    reading_times times;
    times.ended("p", 7, start, start);
    EXPECT_FALSE(times.gave_up(false, 7, start));
    EXPECT_FALSE(times.behind(7));
    EXPECT_TRUE(times.due(7, start + first_retry));
    EXPECT_TRUE(times.gave_up(false, 8, start)) << "of the change nothing is known";
    EXPECT_FALSE(times.behind(8));
}

}  // namespace
}  // namespace pgweir::catalog

#include "pool/connect_pace.hpp"

#include <gtest/gtest.h>

namespace pgweir::pool {
namespace {

using namespace std::chrono_literals;
constexpr std::uint64_t middle = 1ULL << 63;  // jittered() leaves an interval as it is
constexpr base::time_point t0{1h};

TEST(effective_size, falls_to_what_it_got_and_probes) {
    effective_size size(20);
    EXPECT_FALSE(size.limited());
    EXPECT_EQ(size.probe_at(), base::never);
    size.refused(7, t0, middle);
    EXPECT_TRUE(size.limited());
    EXPECT_EQ(size.current(), 7U);
    EXPECT_EQ(size.at(t0), 7U);
    EXPECT_EQ(size.at(t0 + 1s), 8U);

    size.refused(7, t0 + 1s, middle);
    EXPECT_EQ(size.probe_at(), t0 + 3s) << "the second interval is twice the first";
    EXPECT_EQ(size.at(t0 + 2999ms), 7U);
}

TEST(effective_size, keeps_at_least_one_place) {
    effective_size size(20);
    size.refused(0, t0, middle);
    EXPECT_EQ(size.current(), 1U);
}

TEST(effective_size, refusals_of_one_burst_count_once) {
    effective_size size(20);
    for (int i = 0; i < 4; ++i) size.refused(7, t0 + i * 1ms, middle);
    EXPECT_EQ(size.probe_at(), t0 + 1s);
}

TEST(effective_size, keeps_what_the_same_burst_still_got) {
    effective_size size(20);
    size.refused(7, t0, middle);
    size.opened(8, t0 + 1ms);
    EXPECT_EQ(size.current(), 8U);
    size.opened(6, t0 + 2ms);
    EXPECT_EQ(size.current(), 8U) << "a refill below the size changes nothing";
}

TEST(effective_size, success_raises_by_one_and_shortens) {
    effective_size size(3);
    auto now = t0;
    size.refused(1, now, middle);
    for (int i = 0; i < 9; ++i) size.refused(1, now = size.probe_at(), middle);
    EXPECT_EQ(size.probe_at(), now + 4s) << "with one server it goes on asking often";
    size.opened(2, now);
    EXPECT_EQ(size.current(), 2U);
    EXPECT_EQ(size.probe_at(), now + 1s);
    size.opened(3, now);
    EXPECT_FALSE(size.limited());
    EXPECT_EQ(size.probe_at(), base::never);
    size.refused(2, now, middle);
    EXPECT_EQ(size.probe_at(), now + 1s) << "a new shortage starts from the shortest interval";
}

TEST(effective_size, follows_the_configuration) {
    effective_size size(20);
    size.configure(10);
    EXPECT_EQ(size.current(), 10U);
    EXPECT_FALSE(size.limited());
    size.refused(4, t0, middle);
    size.configure(30);
    EXPECT_EQ(size.current(), 4U);
    size.configure(3);
    EXPECT_EQ(size.current(), 3U);
    EXPECT_FALSE(size.limited());
}

TEST(connect_backoff, pauses_longer_while_nobody_waits) {
    connect_backoff pace;
    EXPECT_FALSE(pace.failing());
    EXPECT_LE(pace.over_at(true), t0);
    auto now = t0;
    for (int i = 0; i < 10; ++i) {
        pace.failed(now, middle);
        EXPECT_TRUE(pace.failing());
        EXPECT_GE(pace.over_at(true), now + 50ms);
        EXPECT_LE(pace.over_at(true), now + 1s);
        EXPECT_LE(pace.over_at(true), pace.over_at(false));
        now = pace.over_at(true);
    }
    EXPECT_GT(pace.over_at(false), now + 5s);
    pace.succeeded();
    EXPECT_FALSE(pace.failing());
}

TEST(connect_backoff, failures_of_one_burst_count_once) {
    connect_backoff once;
    connect_backoff burst;
    once.failed(t0, middle);
    for (int i = 0; i < 4; ++i) burst.failed(t0 + i * 1ms, middle);
    EXPECT_EQ(once.over_at(true), burst.over_at(true));
}

}  // namespace
}  // namespace pgweir::pool

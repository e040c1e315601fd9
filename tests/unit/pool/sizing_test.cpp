#include "pool/sizing.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace pgweir::pool {
namespace {

using namespace std::chrono_literals;
constexpr std::uint64_t least = 0;
constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

struct demand_case {
    const char* what;
    demand given;
    std::uint32_t expected;
};

TEST(sizing, connects_to_start) {
    const demand_case cases[] = {
        {"nothing to do", {.effective = 20, .burst = 4}, 0},
        {"one for one waiter", {.waiting = 1, .effective = 20, .burst = 4}, 1},
        {"bounded by the burst", {.waiting = 64, .effective = 20, .burst = 4}, 4},
        {"less what is in flight", {.waiting = 64, .connecting = 3, .taken = 3, .effective = 20, .burst = 4}, 1},
        {"burst used up", {.waiting = 64, .connecting = 4, .taken = 4, .effective = 20, .burst = 4}, 0},
        {"in flight serves them all", {.waiting = 2, .connecting = 2, .taken = 2, .effective = 20, .burst = 4}, 0},
        {"bounded by room", {.waiting = 64, .taken = 18, .effective = 20, .burst = 4}, 2},
        {"full", {.waiting = 64, .taken = 20, .effective = 20, .burst = 4}, 0},
        {"over the size after a reload", {.waiting = 64, .taken = 20, .effective = 10, .burst = 4}, 0},
        {"reserve for waiters", {.waiting = 3, .taken = 20, .effective = 20, .reserve = 2, .burst = 4}, 2},
        {"min_idle from nothing", {.effective = 20, .min_idle = 3, .burst = 4}, 3},
        {"min_idle lacks one", {.idle = 2, .taken = 2, .effective = 20, .min_idle = 3, .burst = 4}, 1},
        {"min_idle counts connects", {.connecting = 3, .taken = 3, .effective = 20, .min_idle = 3, .burst = 4}, 0},
        {"min_idle beside waiters", {.waiting = 1, .effective = 20, .min_idle = 2, .burst = 4}, 3},
        {"min_idle takes no reserve", {.taken = 20, .effective = 20, .reserve = 5, .min_idle = 2, .burst = 4}, 0},
        {"waiters before min_idle", {.waiting = 2, .taken = 19, .effective = 20, .min_idle = 2, .burst = 4}, 1},
    };
    for (const auto& c : cases) EXPECT_EQ(connects_to_start(c.given), c.expected) << c.what;
}

TEST(sizing, lifetime_ends_up_to_a_fifth_early) {
    const base::time_point created{1h};
    EXPECT_EQ(lifetime_end(created, base::off, most), base::never);
    EXPECT_EQ(lifetime_end(created, 100s, least), created + 100s);
    EXPECT_GE(lifetime_end(created, 100s, most), created + 80s);
    EXPECT_LT(lifetime_end(created, 100s, most), created + 81s);
}

TEST(sizing, retirements_are_twice_as_fast_as_ageing) {
    EXPECT_EQ(retirement_gap(1h, 20), 90s);
    EXPECT_EQ(retirement_gap(1h, 1), 30min);
    EXPECT_EQ(retirement_gap(1h, 0), 30min);
}

TEST(sizing, retry_delay_doubles_to_its_bound) {
    struct {
        std::uint32_t round;
        base::duration shortest, longest;
    } const cases[] = {{1, 50ms, 100ms},  {2, 100ms, 200ms}, {3, 200ms, 400ms},
                       {4, 400ms, 800ms}, {5, 500ms, 1s},    {4000000000U, 500ms, 1s}};
    for (const auto& c : cases) {
        EXPECT_EQ(retry_delay(c.round, longest_retry, least), c.shortest) << c.round;
        EXPECT_LE(retry_delay(c.round, longest_retry, most), c.longest) << c.round;
        EXPECT_GT(retry_delay(c.round, longest_retry, most), c.longest - c.longest / 100) << c.round;
    }
    EXPECT_GE(retry_delay(20, longest_idle_retry, most), 14s);
}

TEST(sizing, probe_interval_stays_between_1_and_60_seconds) {
    base::duration interval{};
    const base::duration refused[] = {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s};
    for (const auto expected : refused) EXPECT_EQ(interval = probe_interval_refused(interval, 15), expected);
    const base::duration granted[] = {15s, 3750ms, 1s, 1s};
    for (const auto expected : granted) EXPECT_EQ(interval = probe_interval_granted(interval), expected);
}

TEST(sizing, who_has_fewer_servers_asks_more_often) {
    EXPECT_EQ(probe_interval_refused(1min, 0), 4s);
    EXPECT_EQ(probe_interval_refused(1min, 1), 4s);
    EXPECT_EQ(probe_interval_refused(1min, 3), 12s);
    EXPECT_EQ(probe_interval_refused(1min, 1000), 60s);
}

TEST(sizing, who_has_more_servers_gives_up_one_more_often) {
    EXPECT_EQ(give_up_gap(1), sharing_turn);
    EXPECT_EQ(give_up_gap(8), sharing_turn / 8);
    EXPECT_EQ(give_up_gap(0), sharing_turn);
}

TEST(sizing, jitter_is_a_quarter_either_way) {
    EXPECT_EQ(jittered(4s, least), 3s);
    EXPECT_LE(jittered(4s, most), 5s);
    EXPECT_GT(jittered(4s, most), 4900ms);
}

}  // namespace
}  // namespace pgweir::pool

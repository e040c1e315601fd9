#include "pool/usage.hpp"

#include <gtest/gtest.h>

namespace pgweir::pool {
namespace {

using namespace std::chrono_literals;
constexpr base::time_point t0{1h};

TEST(usage, integrates_between_changes) {
    usage u;
    EXPECT_EQ(u.until(t0).busy_seconds, 0);
    u.change(t0, {.lent = 2, .waiting = 0, .saturated = false});
    u.change(t0 + 3s, {.lent = 4, .waiting = 10, .saturated = true});
    u.change(t0 + 3500ms, {.lent = 4, .waiting = 1, .saturated = false});
    const auto sums = u.until(t0 + 4500ms);
    EXPECT_DOUBLE_EQ(sums.busy_seconds, 2 * 3 + 4 * 1.5);
    EXPECT_DOUBLE_EQ(sums.waiting_seconds, 10 * 0.5 + 1);
    EXPECT_DOUBLE_EQ(sums.saturated_seconds, 0.5);
    EXPECT_EQ(u.peak_waiting(), 10U);
    EXPECT_DOUBLE_EQ(u.until(t0 + 4500ms).busy_seconds, sums.busy_seconds) << "looking changes nothing";
}

TEST(usage, a_clock_behind_does_not_count_twice) {
    usage u;
    u.change(t0, {.lent = 1});
    u.change(t0 + 2s, {.lent = 1});
    u.change(t0 + 1s, {.lent = 1});
    EXPECT_DOUBLE_EQ(u.until(t0 + 1s).busy_seconds, 2);
    EXPECT_DOUBLE_EQ(u.until(t0 + 3s).busy_seconds, 3);
}

}  // namespace
}  // namespace pgweir::pool

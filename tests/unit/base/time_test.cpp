#include "base/time.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace pgweir::base {
namespace {

using namespace std::chrono_literals;

TEST(time, a_limit_that_is_off_never_ends) {
    const time_point now{1h};
    EXPECT_EQ(deadline_after(now, 5s), now + 5s);
    EXPECT_EQ(deadline_after(now, off), never);
    EXPECT_GT(never, now + 24h * 365 * 100);
}

TEST(time, seconds_have_fractions) {
    EXPECT_DOUBLE_EQ(to_seconds(1500ms), 1.5);
    EXPECT_DOUBLE_EQ(to_seconds(1ns), 1e-9);
}

}  // namespace
}  // namespace pgweir::base

#include "redis/breaker.hpp"

#include <gtest/gtest.h>

#include "redis/error.hpp"

namespace pgweir::redis {
namespace {

using namespace std::chrono_literals;

const base::time_point start{1h};

refusal because(error_code code) {
    return {.code = code};
}

TEST(breaker_test, is_open_until_it_is_closed_first) {
    breaker each(start);
    EXPECT_TRUE(each.is_open());
    EXPECT_EQ(each.since(), start);
    each.close(start + 1s);
    EXPECT_FALSE(each.is_open());
    EXPECT_EQ(each.since(), start + 1s);
}

TEST(breaker_test, a_failure_while_it_is_open_changes_the_reason_only) {
    breaker each(start);
    each.close(start);
    each.open(start + 1s, because(error_code::timed_out));
    each.open(start + 2s, because(error_code::not_primary));
    EXPECT_TRUE(each.is_open());
    EXPECT_EQ(each.since(), start + 1s);
    EXPECT_EQ(each.reason().code, error_code::not_primary);
}

TEST(breaker_test, counts_each_moment_that_it_is_open_once) {
    breaker each(start);
    EXPECT_EQ(each.count_open_time(start + 2s), 2s);
    EXPECT_EQ(each.count_open_time(start + 5s), 3s);
    each.close(start + 5s);
    EXPECT_EQ(each.count_open_time(start + 9s), 0s);
    each.open(start + 10s, because(error_code::lost));
    each.open(start + 11s, because(error_code::lost));
    EXPECT_EQ(each.count_open_time(start + 12s), 2s);
}

}  // namespace
}  // namespace pgweir::redis

#include "redis/back_off.hpp"

#include <gtest/gtest.h>

namespace pgweir::redis {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t no_jitter = 0;

TEST(back_off_test, doubles_up_to_its_longest) {
    back_off pauses;
    for (const auto expected : {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms})
        EXPECT_EQ(pauses.next(no_jitter), expected);
    pauses.reset();
    EXPECT_EQ(pauses.next(no_jitter), 100ms);
}

TEST(back_off_test, chance_shortens_a_pause_by_up_to_a_half) {
    base::duration shortest = 1h;
    base::duration longest = 0ms;
    for (std::uint64_t random = 0; random < 1'000'000'000; random += 1'000'003) {
        back_off pauses;
        const base::duration pause = pauses.next(random);
        shortest = std::min(shortest, pause);
        longest = std::max(longest, pause);
    }
    EXPECT_GE(shortest, 50ms);
    EXPECT_LE(shortest, 51ms);
    EXPECT_LE(longest, 100ms);
    EXPECT_GE(longest, 99ms);
    EXPECT_GE(back_off().next(~std::uint64_t{0}), 50ms);
}

}  // namespace
}  // namespace pgweir::redis

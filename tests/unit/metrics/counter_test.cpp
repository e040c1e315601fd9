#include "metrics/counter.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace pgweir::metrics {
namespace {

using namespace std::chrono_literals;

TEST(counter, adds) {
    counter c;
    EXPECT_EQ(c.get(), 0U);
    c.add();
    c.add(41);
    EXPECT_EQ(c.get(), 42U);
}

TEST(counter, adds_durations_as_nanoseconds) {
    counter c;
    c.add(base::duration(2us));
    c.add(base::duration(-5us));
    EXPECT_EQ(c.get(), 2000U);
}

TEST(counter, is_read_by_another_thread_while_it_rises) {
    counter c;
    constexpr std::uint64_t last = 100000;
    std::thread writer([&c] {
        for (std::uint64_t i = 0; i < last; ++i) c.add();
    });
    std::uint64_t seen = 0;
    while (seen < last) {
        const std::uint64_t now = c.get();
        ASSERT_GE(now, seen);
        seen = now;
    }
    writer.join();
    EXPECT_EQ(c.get(), last);
}

TEST(gauge, goes_both_ways) {
    gauge g;
    g.set(5);
    g.add(-7);
    EXPECT_EQ(g.get(), -2);
}

}  // namespace
}  // namespace pgweir::metrics

#include "metrics/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace pgweir::metrics {
namespace {

using namespace std::chrono_literals;

TEST(buckets, rise) {
    EXPECT_TRUE(std::ranges::is_sorted(buckets::latency, std::ranges::less_equal{}));
    EXPECT_TRUE(std::ranges::is_sorted(buckets::overhead, std::ranges::less_equal{}));
    EXPECT_EQ(buckets::latency.front(), 100us);
    EXPECT_EQ(buckets::latency.back(), 30s);
    EXPECT_EQ(buckets::overhead.front(), 5us);
    EXPECT_EQ(buckets::overhead.back(), 10ms);
}

TEST(histogram, a_bound_belongs_to_its_bucket) {
    for (std::size_t i = 0; i < buckets::latency.size(); ++i) {
        latency_histogram h;
        h.observe(buckets::latency[i]);
        EXPECT_EQ(h.buckets[i].get(), 1U) << i;
        h.observe(buckets::latency[i] + 1ns);
        EXPECT_EQ(h.buckets[i + 1].get(), 1U) << i;
    }
}

TEST(histogram, extremes) {
    overhead_histogram h;
    h.observe(0ns);
    h.observe(-1ns);
    h.observe(1h);
    EXPECT_EQ(h.buckets.front().get(), 2U);
    EXPECT_EQ(h.buckets.back().get(), 1U);
    EXPECT_EQ(h.nanoseconds.get(), static_cast<std::uint64_t>(base::duration(1h).count()));
}

}  // namespace
}  // namespace pgweir::metrics

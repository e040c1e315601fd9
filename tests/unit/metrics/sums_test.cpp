#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

#include "metrics/pool_counters.hpp"
#include "metrics/worker_counters.hpp"

namespace pgweir::metrics {
namespace {

// Whether add() forgets a member: both structs are nothing but counters, so each word of the sum has to be what the
// same word of the parts adds up to.
template <class Sum, class Live>
void expect_all_added() {
    static_assert(sizeof(Sum) <= sizeof(Live) && sizeof(Live) - sizeof(Sum) < 64);
    constexpr std::size_t words = sizeof(Sum) / sizeof(std::uint64_t);
    const auto live = std::make_unique<Live>();
    auto* counters = reinterpret_cast<counter*>(live.get());
    for (std::size_t i = 0; i < words; ++i) counters[i].add(i + 1);

    Sum sum{};
    add(sum, *live);
    add(sum, *live);
    std::vector<std::uint64_t> found(words);
    std::memcpy(found.data(), &sum, sizeof(Sum));
    for (std::size_t i = 0; i < words; ++i) EXPECT_EQ(found[i], 2 * (i + 1)) << "word " << i;
}

TEST(sums, pool_counters) {
    expect_all_added<pool_counters_sum, pool_counters>();
}

TEST(sums, worker_counters) {
    expect_all_added<worker_counters_sum, worker_counters>();
}

TEST(pool_counters, share_no_cache_line) {
    EXPECT_EQ(sizeof(pool_counters) % 64, 0U);
    EXPECT_EQ(alignof(pool_counters), 64U);
    EXPECT_EQ(alignof(worker_counters), 64U);
}

TEST(pool_counters, count_errors_by_class) {
    pool_counters counters;
    counters.count_error(error_source::server, "23505");
    counters.count_error(error_source::server, "23503");
    counters.count_error(error_source::proxy, "nonsense");
    EXPECT_EQ(counters.errors[error_source::server][sqlstate_class_of("23000")].get(), 2U);
    EXPECT_EQ(counters.errors[error_source::proxy][sqlstate_class_of("?")].get(), 1U);
    EXPECT_EQ(counters.errors[error_source::client][sqlstate_class_of("23000")].get(), 0U);
}

}  // namespace
}  // namespace pgweir::metrics

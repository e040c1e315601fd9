#include <gtest/gtest.h>

#include "metrics/cache_labels.hpp"
#include "sql/reason.hpp"

namespace pgweir::cache {
namespace {

using metrics::cache_bypass;

TEST(bypass, is_counted_under_the_code_of_each_reason) {
    for (const sql::reason_description& one : sql::reason_descriptions) {
        const auto found = metrics::from_name<cache_bypass>(one.code);
        ASSERT_TRUE(found) << one.code << " would be counted as other";
        EXPECT_EQ(metrics::name_of(*found), one.code);
        EXPECT_NE(*found, cache_bypass::other) << one.code;
    }
}

TEST(bypass, has_the_reasons_in_their_own_order) {
    // From the first of them on there is nothing else but `other`.
    auto expected = static_cast<std::size_t>(*metrics::from_name<cache_bypass>(sql::reason_descriptions.front().code));
    for (const sql::reason_description& one : sql::reason_descriptions) {
        const auto found = metrics::from_name<cache_bypass>(one.code);
        ASSERT_TRUE(found) << one.code;
        EXPECT_EQ(static_cast<std::size_t>(*found), expected++) << one.code;
    }
    EXPECT_EQ(static_cast<std::size_t>(cache_bypass::other), expected);
    EXPECT_EQ(metrics::enum_size<cache_bypass>, expected + 1);
}

}  // namespace
}  // namespace pgweir::cache

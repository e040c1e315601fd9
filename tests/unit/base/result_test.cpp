#include "base/result.hpp"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace pgweir::base {
namespace {

const auto reason = std::future_errc::broken_promise;

TEST(result, holds_a_value) {
    result<std::string> found = std::string("x");
    ASSERT_TRUE(found);
    EXPECT_TRUE(found.has_value());
    EXPECT_EQ(*found, "x");
    EXPECT_EQ(found->size(), 1U);
    EXPECT_EQ(found.error(), std::error_code());
    *found += "y";
    EXPECT_EQ(std::as_const(found).value(), "xy");
}

TEST(result, holds_the_reason_why_there_is_none) {
    const result<std::string> found = reason;
    EXPECT_FALSE(found);
    EXPECT_FALSE(found.has_value());
    EXPECT_EQ(found.error(), reason);
    EXPECT_EQ(&found.error().category(), &std::future_category());
    EXPECT_EQ(result<int>(make_error_code(reason)).error(), reason);
}

TEST(result, a_value_can_be_moved_out) {
    result<std::unique_ptr<int>> found = std::make_unique<int>(7);
    const std::unique_ptr<int> taken = std::move(found).value();
    EXPECT_EQ(*taken, 7);
    EXPECT_EQ(*found, nullptr);
}

TEST(result, a_value_may_be_an_error_like_thing) {
    const result<bool> no = false;
    EXPECT_TRUE(no);
    EXPECT_FALSE(*no);
}

}  // namespace
}  // namespace pgweir::base

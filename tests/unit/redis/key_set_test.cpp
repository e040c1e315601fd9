#include "redis/key_set.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::redis {
namespace {

TEST(key_set_test, holds_each_key_once_in_the_order_of_their_coming) {
    key_set keys;
    EXPECT_EQ(keys.add("b"), 0U);
    EXPECT_EQ(keys.add("a"), 1U);
    EXPECT_EQ(keys.add("b"), 0U);
    EXPECT_EQ(keys.add(""), 2U);
    EXPECT_EQ(keys.add(std::string_view("a\0", 2)), 3U);
    EXPECT_EQ(keys.size(), 4U);
    EXPECT_EQ(keys[0], "b");
    EXPECT_EQ(keys[1], "a");
    EXPECT_EQ(keys[2], "");
    EXPECT_EQ(keys[3], std::string_view("a\0", 2));
}

TEST(key_set_test, finds_all_of_many) {
    key_set keys;
    for (int round = 0; round < 2; ++round)
        for (std::uint32_t number = 0; number < 10000; ++number)
            ASSERT_EQ(keys.add("key " + std::to_string(number)), number);
    EXPECT_EQ(keys.size(), 10000U);
    EXPECT_EQ(keys[9999], "key 9999");
}

TEST(key_set_test, is_as_new_when_it_was_cleared) {
    key_set keys;
    for (const std::size_t length : {std::size_t{3}, std::size_t{100'000}, std::size_t{3}}) {
        const std::string key(length, 'x');
        EXPECT_EQ(keys.add("other"), 0U);
        EXPECT_EQ(keys.add(key), 1U);
        EXPECT_EQ(keys.add(key), 1U);
        keys.clear();
        EXPECT_EQ(keys.size(), 0U);
    }
}

}  // namespace
}  // namespace pgweir::redis

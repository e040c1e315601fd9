#include "auth/scram_cache.hpp"

#include <gtest/gtest.h>

#include <string>

#include "auth/scram.hpp"

namespace pgweir::auth {
namespace {

TEST(scram_cache, answers_like_the_arithmetic_and_works_once) {
    scram_cache cache;
    const digest expected = salted_password("pencil", "salt", 3);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(cache.salted_password("pencil", "salt", 3), expected);
    EXPECT_EQ(cache.misses(), 1U);
    EXPECT_EQ(cache.size(), 1U);
}

TEST(scram_cache, every_part_of_the_question_counts) {
    scram_cache cache;
    cache.salted_password("pencil", "salt", 3);
    EXPECT_EQ(cache.salted_password("pencil", "salt", 4), salted_password("pencil", "salt", 4));
    EXPECT_EQ(cache.salted_password("pencil", "tlas", 3), salted_password("pencil", "tlas", 3));
    EXPECT_EQ(cache.salted_password("pencils", "salt", 3), salted_password("pencils", "salt", 3));
    // The same bytes, divided otherwise.
    EXPECT_EQ(cache.salted_password("tpencil", "sal", 3), salted_password("tpencil", "sal", 3));
    EXPECT_EQ(cache.misses(), 5U);
}

TEST(scram_cache, is_bounded_and_forgets_what_was_not_used) {
    scram_cache cache;
    cache.salted_password("kept", "salt", 1);
    cache.salted_password("forgotten", "salt", 1);
    for (std::size_t i = 0; i < scram_cache::capacity - 1; ++i) {
        cache.salted_password("password " + std::to_string(i), "salt", 1);
        cache.salted_password("kept", "salt", 1);
        EXPECT_LE(cache.size(), scram_cache::capacity);
    }
    const auto before = cache.misses();
    EXPECT_EQ(before, scram_cache::capacity + 1);
    cache.salted_password("kept", "salt", 1);
    EXPECT_EQ(cache.misses(), before);
    cache.salted_password("forgotten", "salt", 1);
    EXPECT_EQ(cache.misses(), before + 1);
}

}  // namespace
}  // namespace pgweir::auth

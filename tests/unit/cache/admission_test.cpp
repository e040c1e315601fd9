#include "cache/admission.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::cache {
namespace {

std::string key(int number) {
    return "key " + std::to_string(number);
}

// How many of `count` keys nobody has asked for before are taken for known.
int mistakes(admission& one, int from, int count) {
    int taken = 0;
    for (int i = from; i < from + count; ++i) taken += one.admits(key(i)) ? 1 : 0;
    return taken;
}

TEST(admission, lets_in_what_is_asked_for_again) {
    admission one(7);
    EXPECT_FALSE(one.admits("a"));
    EXPECT_TRUE(one.admits("a"));
    EXPECT_TRUE(one.admits("a"));
    EXPECT_FALSE(one.admits("b"));
}

TEST(admission, remembers_what_was_asked_for_thousands_of_keys_ago) {
    admission one(7);
    static_cast<void>(one.admits("a"));
    EXPECT_LT(mistakes(one, 0, 10'000), 100) << "one in some hundred";
    EXPECT_TRUE(one.admits("a"));
}

TEST(admission, remembers_over_the_moment_at_which_it_begins_to_forget) {
    admission one(7);
    mistakes(one, 0, 20'000);
    EXPECT_EQ(mistakes(one, 6'000, 14'000), 14'000) << "nothing of it is a mistake";
}

TEST(admission, forgets_what_was_asked_for_long_ago) {
    admission one(7);
    int remembered = 0;
    for (int i = 0; i < 1000; ++i) static_cast<void>(one.admits(key(i)));
    mistakes(one, 1000, 100'000);
    for (int i = 0; i < 1000; ++i) remembered += one.admits(key(i)) ? 1 : 0;
    EXPECT_LT(remembered, 20) << "by chance some are";
}

TEST(admission, a_scan_does_not_wear_it_out) {
    admission one(7);
    mistakes(one, 0, 200'000);
    EXPECT_LT(mistakes(one, 200'000, 10'000), 150) << "bits are forgotten, too, or in the end all would be set";
}

TEST(admission, without_the_seed_nobody_knows_which_keys_are_taken_for_each_other) {
    // Keys that fall on the places of others with one seed do so by chance only with another.
    const auto known_to = [](std::uint64_t seed) {
        admission one(seed);
        std::string all;
        for (int i = 0; i < 10'000; ++i) all += one.admits(key(i)) ? '1' : '0';
        return all;
    };
    EXPECT_EQ(known_to(1), known_to(1));
    EXPECT_NE(known_to(1), known_to(2));
}

}  // namespace
}  // namespace pgweir::cache

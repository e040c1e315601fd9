#include "cache/admission.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>

namespace pgweir::cache {
namespace {

std::string key(int number) {
    return "key " + std::to_string(number);
}

// How many of `count` keys nobody has asked for before are taken for known.
int mistakes(admission& one, int from, int count) {
    int taken = 0;
    for (int i = from; i < from + count; ++i) taken += one.count(key(i)) > 1 ? 1 : 0;
    return taken;
}

TEST(admission, counts_how_often_it_is_asked) {
    admission one(7);
    EXPECT_EQ(one.count("a"), 1U);
    EXPECT_EQ(one.count("a"), 2U);
    EXPECT_EQ(one.count("a"), 3U);
    EXPECT_EQ(one.count("b"), 1U);
    EXPECT_EQ(one.count("a"), 4U);
}

TEST(admission, counts_no_further_than_it_can) {
    admission one(7);
    for (unsigned i = 1; i < 100; ++i) ASSERT_EQ(one.count("a"), std::min(i, admission::most));
}

TEST(admission, a_crowd_does_not_count_for_others) {
    admission one(7);
    std::map<unsigned, int> counted;
    for (int round = 0; round < 3; ++round) mistakes(one, 0, 3'000);
    for (int i = 0; i < 3'000; ++i) ++counted[one.count(key(i))];
    EXPECT_GT(counted[4], 2'900) << "each was asked for three times before";
}

TEST(admission, remembers_what_was_asked_for_thousands_of_keys_ago) {
    admission one(7);
    static_cast<void>(one.count("a"));
    EXPECT_LT(mistakes(one, 0, 10'000), 100) << "one in some hundred";
    EXPECT_EQ(one.count("a"), 2U);
}

TEST(admission, remembers_over_the_moment_at_which_it_begins_to_forget) {
    admission one(7);
    mistakes(one, 0, 20'000);
    EXPECT_EQ(mistakes(one, 6'000, 14'000), 14'000) << "nothing of it is a mistake";
}

TEST(admission, forgets_what_was_asked_for_long_ago) {
    admission one(7);
    int remembered = 0;
    for (int i = 0; i < 1000; ++i) static_cast<void>(one.count(key(i)));
    mistakes(one, 1000, 100'000);
    for (int i = 0; i < 1000; ++i) remembered += one.count(key(i)) > 1 ? 1 : 0;
    EXPECT_LT(remembered, 20) << "by chance some are";
}

TEST(admission, a_scan_does_not_wear_it_out) {
    admission one(7);
    mistakes(one, 0, 200'000);
    EXPECT_LT(mistakes(one, 200'000, 10'000), 150) << "counts are forgotten, too, or in the end all would be in use";
}

TEST(admission, without_the_seed_nobody_knows_which_keys_are_taken_for_each_other) {
    // Keys that fall on the places of others with one seed do so by chance only with another.
    const auto known_to = [](std::uint64_t seed) {
        admission one(seed);
        std::string all;
        for (int i = 0; i < 10'000; ++i) all += one.count(key(i)) > 1 ? '1' : '0';
        return all;
    };
    EXPECT_EQ(known_to(1), known_to(1));
    EXPECT_NE(known_to(1), known_to(2));
}

// ---- from when on it is worth it ----

TEST(worthwhile_from, goes_by_what_it_costs) {
    using namespace std::chrono_literals;
    EXPECT_EQ(worthwhile_from(base::off, false), 1U) << "nobody knows yet";
    EXPECT_EQ(worthwhile_from(base::off, true), 1U);
    EXPECT_EQ(worthwhile_from(1s, false), 1U);
    EXPECT_EQ(worthwhile_from(1s, true), 1U);
    EXPECT_EQ(worthwhile_from(1ms, false), 2U);
    EXPECT_EQ(worthwhile_from(1ms, true), 2U);
    EXPECT_EQ(worthwhile_from(20us, false), 2U);
    EXPECT_GT(worthwhile_from(20us, true), 2U) << "to keep it in Redis costs more than to have it executed";
}

TEST(is_worth_a_lease, what_is_costly) {
    using namespace std::chrono_literals;
    EXPECT_FALSE(is_worth_a_lease(base::off)) << "nobody knows yet";
    EXPECT_FALSE(is_worth_a_lease(5ms));
    EXPECT_TRUE(is_worth_a_lease(10ms));
}

}  // namespace
}  // namespace pgweir::cache

#include "cache/clearing.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "cache/cache_lab.hpp"

namespace pgweir::cache {
namespace {

std::size_t to_its_end(clearing& what) {
    while (!what.ended()) what.step(2);
    return what.dropped();
}

struct clearing_test : testing::Test, pgweir::test::cache_lab {
    void SetUp() override {
        keep("users", {10}, "rows", 1);
        keep("orders", {20}, "rows", 2);
        keep("both", {10, 20}, "rows", 1);
        keep("neither", {}, "rows", 3);
        for (const char* each : {"users", "orders", "both", "neither"}) ASSERT_TRUE(serves(each));
    }

    bool serves(const std::string& key) { return !find(key).empty(); }
};

TEST_F(clearing_test, everything) {
    clearing all(store, store.outdate_all());
    EXPECT_FALSE(serves("neither")) << "from its beginning on";
    EXPECT_EQ(to_its_end(all), 3U) << "beside the one that was asked for";
    EXPECT_EQ(store.look().entries, 0U);
    EXPECT_EQ(store.look().cleared, 3U);
}

TEST_F(clearing_test, a_table) {
    constexpr std::array users{relation_id{10}};
    clearing some(store, store.outdate(users));
    EXPECT_EQ(to_its_end(some), 2U);
    EXPECT_FALSE(serves("users"));
    EXPECT_FALSE(serves("both"));
    EXPECT_TRUE(serves("orders"));
    EXPECT_TRUE(serves("neither"));
}

TEST_F(clearing_test, a_rule) {
    clearing some(store, store.outdate_rule(1));
    EXPECT_EQ(to_its_end(some), 2U);
    EXPECT_FALSE(serves("users"));
    EXPECT_FALSE(serves("both"));
    EXPECT_TRUE(serves("orders"));
    EXPECT_TRUE(serves("neither"));
}

TEST_F(clearing_test, what_was_written_before_is_not_counted) {
    store.bump({.everything = false, .relations = {20}});
    constexpr std::array users{relation_id{10}};
    clearing some(store, store.outdate(users));
    EXPECT_EQ(to_its_end(some), 2U);
    EXPECT_EQ(store.look().entries, 2U);
}

TEST_F(clearing_test, what_is_kept_again_meanwhile_stays) {
    clearing all(store, store.outdate_all());
    keep("users", {10}, "rows", 1);
    keep("new", {10}, "rows", 1);
    EXPECT_EQ(to_its_end(all), 3U);
    EXPECT_TRUE(serves("users"));
    EXPECT_TRUE(serves("new"));
}

// What its statement saw may be what the operator wants gone.
TEST_F(clearing_test, what_is_under_way_is_not_kept) {
    for (const auto clear : {+[](result_cache& of) { return of.outdate_all(); },
                             +[](result_cache& of) { return of.outdate(std::array{relation_id{10}}); },
                             +[](result_cache& of) { return of.outdate_rule(1); }}) {
        const auto before = begin("under way", {10}, 1, 1);
        ASSERT_EQ(before.how, result_cache::start::fill);
        clearing some(store, clear(store));
        to_its_end(some);
        complete(before.flight, "rows", 1);
        EXPECT_FALSE(serves("under way"));
    }
    keep("under way", {10}, "rows", 1);
    EXPECT_TRUE(serves("under way"));
}

TEST_F(clearing_test, hits_are_counted_by_rule) {
    const std::uint64_t before = store.hits_of_rule(1);
    EXPECT_GE(before, 2U);
    for (int i = 0; i < 3; ++i) serves("users");
    EXPECT_EQ(store.hits_of_rule(1), before + 3);
    EXPECT_EQ(store.hits_of_rule(9), 0U);
    store.mark({.everything = true, .relations = {}});
    EXPECT_FALSE(serves("users"));
    EXPECT_EQ(store.hits_of_rule(1), before + 3) << "what is not served is no hit";
}

}  // namespace
}  // namespace pgweir::cache

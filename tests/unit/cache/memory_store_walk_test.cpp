#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "cache/memory_store.hpp"

namespace pgweir::cache {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct memory_store_walk_test : testing::Test {
    void put(const std::string& key, std::uint32_t rule = 0) {
        entry made;
        made.key = key;
        made.rule = rule;
        ASSERT_TRUE(store.put(std::make_shared<const entry>(std::move(made))));
    }

    static std::vector<std::string> step(memory_store::walk& walk, std::size_t most, const std::string& remove = "") {
        std::vector<std::string> seen;
        walk.step(most, [&](const memory_store::slot& each) {
            seen.push_back(each.what->key);
            return each.what->key == remove;
        });
        return seen;
    }

    memory_store store{1024 * 1024, 17};
};

TEST_F(memory_store_walk_test, a_walk_sees_what_was_there_when_it_began_in_steps) {
    for (const char* key : {"a", "b", "c"}) put(key);
    memory_store::walk walk(store);
    EXPECT_THAT(step(walk, 2), ElementsAre("c", "b"));
    EXPECT_FALSE(walk.ended());
    put("d");
    EXPECT_THAT(step(walk, 2), ElementsAre("a"));
    EXPECT_TRUE(walk.ended());
    EXPECT_THAT(step(walk, 2), IsEmpty());
}

TEST_F(memory_store_walk_test, what_goes_is_passed_over_whoever_takes_it) {
    for (const char* key : {"a", "b", "c", "d"}) put(key);
    memory_store::walk walk(store);
    memory_store::walk other(store);
    EXPECT_THAT(step(walk, 1), ElementsAre("d"));
    store.remove("c");
    EXPECT_THAT(step(other, 2, "b"), ElementsAre("d", "b"));
    EXPECT_THAT(step(walk, 9), ElementsAre("a"));
    EXPECT_THAT(step(other, 9), ElementsAre("a"));
}

TEST_F(memory_store_walk_test, a_walk_through_nothing_has_ended) {
    EXPECT_TRUE(memory_store::walk(store).ended());
    put("a");
    memory_store::walk walk(store);
    store.clear();
    EXPECT_TRUE(walk.ended());
    put("b");
    EXPECT_THAT(step(walk, 9), IsEmpty());
}

TEST_F(memory_store_walk_test, shares_are_what_stands_in_the_store) {
    put("a", 1);
    put("b", 2);
    put("c", 2);
    EXPECT_EQ(store.share_of(2).entries, 2U);
    EXPECT_EQ(store.share_of(1).bytes + store.share_of(2).bytes, store.bytes());
    put("a", 2);
    store.remove("b");
    EXPECT_EQ(store.share_of(1).entries, 0U);
    EXPECT_EQ(store.share_of(1).bytes, 0U);
    EXPECT_EQ(store.share_of(2).entries, 2U);
    EXPECT_EQ(store.share_of(7).entries, 0U);
    store.clear();
    EXPECT_EQ(store.share_of(2).entries, 0U);
}

// Walks, puts, removals and evictions in any order: each walk sees each entry of its beginning that was never taken
// away, once.
TEST(memory_store_walks, see_everything_that_stays) {
    std::mt19937 random(4);
    const auto any = [&random](unsigned below) { return static_cast<unsigned>(random() % below); };
    for (int round = 0; round < 300; ++round) {
        memory_store store(20'000, 17);  // some fifty entries
        const auto key_of = [&] { return "key " + std::to_string(any(80)); };
        const auto put = [&] {
            entry made;
            made.key = key_of();
            store.put(std::make_shared<const entry>(std::move(made)));
        };
        for (int i = 0; i < 40; ++i) put();
        std::set<const entry*> there;
        std::vector<memory_store::pointer> kept_alive;  // so that no address is used twice
        memory_store::walk(store).step(1000, [&](const memory_store::slot& each) {
            there.insert(each.what.get());
            kept_alive.push_back(each.what);
            return false;
        });
        memory_store::walk walk(store);
        std::multiset<const entry*> seen;
        while (!walk.ended()) {
            walk.step(any(4), [&](const memory_store::slot& each) {
                seen.insert(each.what.get());
                return any(8) == 0;
            });
            if (any(2) == 0) put();
            if (any(2) == 0) store.remove(key_of());
        }
        memory_store::walk(store).step(1000, [&](const memory_store::slot& each) {
            if (there.contains(each.what.get())) {
                EXPECT_EQ(seen.count(each.what.get()), 1U);
            }
            return false;
        });
        for (const entry* each : seen) EXPECT_TRUE(there.contains(each)) << "it was put behind the beginning";
    }
}

}  // namespace
}  // namespace pgweir::cache

#include "cache/memory_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace pgweir::cache {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// All entries of a test are of one size.
memory_store::pointer made(const std::string& key, const std::string& rows = "rows") {
    entry one;
    one.key = key;
    one.rows = rows;
    return std::make_shared<const entry>(std::move(one));
}

std::size_t size_of_one() {
    return made("a")->bytes();
}

std::uint64_t always_the_same(std::string_view, std::uint64_t) {
    return 42;
}

template <class Function>
std::size_t remove_if(memory_store& store, Function&& look) {
    memory_store::walk all(store);
    return all.step(store.size(), [&look](const memory_store::slot& each) { return look(*each.what); });
}

// From the newest to the oldest, and asked for is none of them by that.
std::vector<std::string> keys(memory_store& store) {
    std::vector<std::string> all;
    remove_if(store, [&](const entry& each) {
        all.push_back(each.key);
        return false;
    });
    EXPECT_EQ(all.size(), store.size());
    EXPECT_EQ(store.bytes(), all.size() * size_of_one());
    return all;
}

struct memory_store_test : testing::Test {
    void put(std::initializer_list<const char*> names) {
        for (const char* each : names) EXPECT_TRUE(four.put(made(each)));
    }

    memory_store four{4 * size_of_one(), 7};
};

TEST_F(memory_store_test, finds_what_was_put) {
    EXPECT_EQ(four.find("a"), nullptr);
    const auto a = made("a");
    EXPECT_TRUE(four.put(a));
    ASSERT_NE(four.find("a"), nullptr);
    EXPECT_EQ(four.find("a")->what, a);
    EXPECT_EQ(four.find("A"), nullptr);
    EXPECT_EQ(four.find(""), nullptr);
}

TEST_F(memory_store_test, replaces) {
    put({"a", "b"});
    EXPECT_TRUE(four.put(made("a", "new!")));
    EXPECT_EQ(four.find("a")->what->rows, "new!");
    EXPECT_THAT(keys(four), ElementsAre("a", "b"));
    EXPECT_EQ(four.evictions(), 0U);
}

TEST_F(memory_store_test, removes) {
    put({"a", "b", "c"});
    four.remove("b");
    four.remove("no such");
    EXPECT_THAT(keys(four), ElementsAre("c", "a"));
    EXPECT_EQ(remove_if(four, [](const entry& each) { return each.key == "c"; }), 1U);
    EXPECT_EQ(four.find("c"), nullptr);
    EXPECT_THAT(keys(four), ElementsAre("a"));
    four.clear();
    EXPECT_THAT(keys(four), IsEmpty());
    EXPECT_EQ(four.find("a"), nullptr);
    put({"a", "b", "c", "d", "e"});
    EXPECT_THAT(keys(four), ElementsAre("e", "d", "c", "b")) << "and goes on as before";
}

TEST_F(memory_store_test, what_somebody_holds_stays_when_it_goes) {
    put({"a"});
    const memory_store::pointer held = four.find("a")->what;
    four.clear();
    EXPECT_EQ(held->rows, "rows");
}

TEST_F(memory_store_test, evicts_the_oldest_that_nobody_has_asked_for) {
    put({"a", "b", "c", "d"});
    four.find("a");
    four.find("c");
    put({"e"});
    EXPECT_THAT(keys(four), ElementsAre("e", "d", "c", "a"));
    EXPECT_EQ(four.evictions(), 1U);
    put({"f"});
    EXPECT_THAT(keys(four), ElementsAre("f", "e", "c", "a")) << "the hand goes on behind b: c was asked for, d was not";
}

TEST_F(memory_store_test, being_asked_for_once_saves_once) {
    put({"a", "b", "c", "d"});
    for (const char* each : {"a", "b", "c", "d"}) four.find(each);
    put({"e"});
    EXPECT_THAT(keys(four), ElementsAre("e", "d", "c", "b"))
        << "all were asked for: the hand comes round to the oldest";
    put({"f"});
    EXPECT_THAT(keys(four), ElementsAre("f", "e", "d", "c"));
}

TEST_F(memory_store_test, what_the_hand_stands_at_may_go) {
    // The hand stands at c, in the middle; then that is removed by each of the ways.
    const auto hand_at_c = [this] {
        four.clear();
        put({"a", "b", "c", "d"});
        four.find("a");
        put({"e"});
        EXPECT_THAT(keys(four), ElementsAre("e", "d", "c", "a"));
    };
    hand_at_c();
    four.remove("c");
    put({"f", "g"});
    EXPECT_THAT(keys(four), ElementsAre("g", "f", "e", "a")) << "it went on to d";
    hand_at_c();
    remove_if(four, [](const entry& each) { return each.key == "c" || each.key == "d" || each.key == "e"; });
    put({"f", "g", "h", "i"});
    EXPECT_THAT(keys(four), ElementsAre("i", "h", "g", "f")) << "it began at the oldest again";
}

TEST_F(memory_store_test, a_large_one_takes_the_place_of_several) {
    put({"a", "b", "c", "d"});
    EXPECT_TRUE(four.put(made("large", std::string(2 * size_of_one(), 'x'))));
    EXPECT_LE(four.bytes(), 4 * size_of_one());
    EXPECT_EQ(four.size(), 2U);
    EXPECT_EQ(four.evictions(), 3U);
    EXPECT_EQ(four.find("c"), nullptr);
    EXPECT_NE(four.find("d"), nullptr);
}

TEST_F(memory_store_test, what_does_not_fit_by_itself_is_not_kept_and_costs_nobody_a_place) {
    put({"a", "b"});
    EXPECT_FALSE(four.put(made("large", std::string(4 * size_of_one(), 'x'))));
    EXPECT_THAT(keys(four), ElementsAre("b", "a"));
    EXPECT_FALSE(four.put(made("a", std::string(4 * size_of_one(), 'x'))));
    EXPECT_THAT(keys(four), ElementsAre("b")) << "what it would replace is not the reply any more";
    EXPECT_EQ(four.evictions(), 0U);
}

TEST_F(memory_store_test, hashes_that_collide_never_give_the_wrong_entry) {
    memory_store store(100 * size_of_one(), 7, always_the_same);
    for (const char* each : {"a", "b", "c", "d"}) EXPECT_TRUE(store.put(made(each, each)));
    for (const char* each : {"a", "b", "c", "d"}) {
        ASSERT_NE(store.find(each), nullptr);
        EXPECT_EQ(store.find(each)->what->rows, each);
    }
    EXPECT_EQ(store.find("e"), nullptr);
    store.remove("b");
    EXPECT_EQ(store.find("b"), nullptr);
    EXPECT_EQ(store.find("c")->what->rows, "c");
    EXPECT_TRUE(store.put(made("d", "new!")));
    EXPECT_EQ(store.find("d")->what->rows, "new!");
    EXPECT_EQ(store.find("a")->what->rows, "a");
    EXPECT_EQ(store.size(), 3U);
}

TEST_F(memory_store_test, a_scan_pushes_out_nothing_that_is_asked_for) {
    memory_store store(100 * size_of_one(), 7);
    for (int i = 0; i < 50; ++i) store.put(made("h" + std::to_string(i)));
    int lost = 0;
    for (int i = 0; i < 10'000; ++i) {
        store.put(made("s" + std::to_string(i)));
        if (store.find("h" + std::to_string(i % 50)) == nullptr) ++lost;
    }
    EXPECT_EQ(lost, 0);
    EXPECT_EQ(store.evictions(), 9'950U);
}

// The same by lists and no cleverness: what is there, from the oldest on, and where the hand stands.
class plain_sieve {
public:
    explicit plain_sieve(std::size_t most) : most_(most) {}

    bool find(const std::string& key) {
        for (auto& [name, visited] : all_)
            if (name == key) return visited = true;
        return false;
    }
    void put(const std::string& key) {
        remove(key);
        if (all_.size() == most_) evict();
        all_.emplace_back(key, false);
    }
    void remove(const std::string& key) {
        for (std::size_t i = 0; i < all_.size(); ++i)
            if (all_[i].first == key) return erase(i);
    }
    std::vector<std::string> keys() const {
        std::vector<std::string> newest_first;
        for (auto each = all_.rbegin(); each != all_.rend(); ++each) newest_first.push_back(each->first);
        return newest_first;
    }

private:
    // Behind the newest the hand stands nowhere: the next round begins when it is needed, at the oldest of then.
    void evict() {
        if (hand_ >= all_.size()) hand_ = 0;
        while (all_[hand_].second) {
            all_[hand_].second = false;
            hand_ = (hand_ + 1) % all_.size();
        }
        erase(hand_);
    }
    void erase(std::size_t which) {
        if (which == hand_ && which + 1 == all_.size()) hand_ = nowhere;
        all_.erase(all_.begin() + static_cast<std::ptrdiff_t>(which));
        if (hand_ != nowhere && which < hand_) --hand_;
    }

    static constexpr std::size_t nowhere = ~std::size_t{0};
    std::size_t most_;
    std::vector<std::pair<std::string, bool>> all_;
    std::size_t hand_ = nowhere;
};

TEST_F(memory_store_test, random_histories_are_those_of_a_plain_model) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        memory_store store(4 * size_of_one(), seed, seed % 2 == 0 ? always_the_same : nullptr);
        plain_sieve model(4);
        for (int step = 0; step < 500; ++step) {
            const std::string key(1, static_cast<char>('a' + random() % 9));
            switch (random() % 8) {
                case 0:
                    store.remove(key);
                    model.remove(key);
                    break;
                case 1:
                case 2:
                case 3: ASSERT_EQ(store.find(key) != nullptr, model.find(key)) << step; break;
                default: store.put(made(key)); model.put(key);
            }
            ASSERT_EQ(keys(store), model.keys()) << step;
        }
    }
}

}  // namespace
}  // namespace pgweir::cache

#include <gtest/gtest.h>

#include "cache/cache_lab.hpp"
#include "cache/lifetime.hpp"

// Old replies that are served while somebody makes a new one, where a rule says so.

namespace pgweir::cache {
namespace {

using namespace std::chrono_literals;
using start = result_cache::start;
using test::cache_lab;

constexpr relation_id product = 100;
constexpr base::duration most = 10s;

settings with_stale_rule() {
    settings made;
    made.mode = mode::rules;
    rule one;
    one.name = "stale";
    one.ttl = 60s;
    one.stale = most;
    rule other;
    other.name = "never";
    other.ttl = 60s;
    made.rules = {one, other};
    return made;
}

struct stale_test : testing::Test {
    /// What another client is told, while the first one makes a new reply. "" when it has to wait, or nobody makes one.
    std::string meanwhile(const result_cache::fill_request& how = {}) {
        result_cache::fill_request what = how;
        const std::vector<relation_id> reads{product};
        what.key = "a";
        what.depends_on = reads;
        if (what.rule == 0) what.rule = 1;
        what.who.now = lab.now;
        const auto said = lab.store.begin(what, 9);
        EXPECT_TRUE(said.how == start::stale || said.how == start::joined || said.how == start::busy);
        lab.store.leave(9);
        return said.how == start::stale ? said.old->rows : "";
    }
    /// The first client finds it missing, and makes a new one.
    cache::flights::flight_id make(std::uint32_t rule = 1) {
        EXPECT_EQ(lab.find("a"), "");
        const auto begun = lab.begin("a", {product}, 1, rule);
        EXPECT_EQ(begun.how, start::fill);
        return begun.flight;
    }
    void write() { lab.commit(cache_lab::writes({product})); }

    cache_lab lab{with_stale_rule()};
};

TEST_F(stale_test, outdated) {
    lab.keep("a", {product}, "old", 1);
    write();
    const auto flight = make();
    lab.now += most;
    EXPECT_EQ(meanwhile(), "old");
    EXPECT_EQ(meanwhile({.may_wait = false}), "old");
    EXPECT_EQ(lab.find("a"), "") << "for who does not ask whether somebody makes a new one";
    lab.now += 1ns;
    EXPECT_EQ(meanwhile(), "") << "it may have been outdated for so long";
    lab.now -= 1ns;
    lab.complete(flight, "new", 1);
    EXPECT_EQ(lab.find("a"), "new");
    EXPECT_EQ(lab.look().outdated, 1U);
}

// When it was written nobody knows, but that it was found good since.
TEST_F(stale_test, outdated_since_it_was_found_good_last) {
    lab.keep("a", {product}, "old", 1);
    lab.now += 20s;
    EXPECT_EQ(lab.find("a"), "old");
    lab.now += 20s;
    write();
    EXPECT_EQ(lab.find("a"), "");
    EXPECT_EQ(lab.look().entries, 0U) << "it was found good 20 s ago";
    lab.keep("a", {product}, "newer", 1);
    lab.now += 20s;
    EXPECT_EQ(lab.find("a"), "newer");
    write();
    make();
    EXPECT_EQ(meanwhile(), "newer");
}

// In a store that others share it may have been written since then.
TEST_F(stale_test, what_took_long_was_good_when_it_was_asked_for) {
    const auto slow = lab.begin("a", {product}, 1, 1);
    lab.now += most + 1ns;
    lab.complete(slow.flight, "old", 1);
    write();
    const auto quick = make();
    EXPECT_EQ(meanwhile(), "");
    lab.now += most;
    lab.complete(quick, "less old", 1);
    write();
    const auto flight = make();
    EXPECT_EQ(meanwhile(), "less old");
    lab.complete(flight, "new", 1);
}

TEST_F(stale_test, an_answer_of_a_store_that_comes_late_says_nothing_of_what_was_written_since) {
    lab.keep("a", {product}, "old", 1);
    const std::uint64_t asked = lab.store.turn();
    const std::uint64_t wrote = lab.store.next_turn();
    EXPECT_NE(lab.store.find("a", {.now = lab.now, .compared = true, .turn = asked}), nullptr);
    write();
    const auto flight = make();
    EXPECT_EQ(meanwhile({.wrote = wrote}), "");
    EXPECT_EQ(meanwhile(), "old") << "to others";
    lab.complete(flight, "new", 1);
}

TEST_F(stale_test, too_old) {
    lab.keep("a", {product}, "old", 1);
    lab.now += 60s;
    const auto flight = make();
    EXPECT_EQ(meanwhile(), "old");
    lab.now += most - 1ns;
    EXPECT_EQ(meanwhile(), "old");
    lab.now += 1ns;
    EXPECT_EQ(meanwhile(), "") << "never older than both together";
    EXPECT_EQ(lab.find("a"), "");
    EXPECT_EQ(lab.look().entries, 0U);
    EXPECT_EQ(lab.look().expired, 1U);
    lab.complete(flight, "new", 1);
}

TEST_F(stale_test, too_old_and_outdated) {
    lab.keep("a", {product}, "old", 1);
    lab.now += 55s;
    EXPECT_EQ(lab.find("a"), "old");
    write();
    lab.now += 6s;
    make();
    EXPECT_EQ(meanwhile(), "old");
    lab.now += 4s;
    EXPECT_EQ(meanwhile(), "old");
    lab.now += 1ns;
    EXPECT_EQ(meanwhile(), "");
}

TEST_F(stale_test, only_while_somebody_makes_a_new_one) {
    lab.keep("a", {product}, "old", 1);
    write();
    EXPECT_EQ(lab.store.abandon(make()), cache_lab::clients{});
    make();
    EXPECT_EQ(meanwhile(), "old");
}

TEST_F(stale_test, other_rules) {
    lab.keep("a", {product}, "old", 2);
    write();
    make(2);
    EXPECT_EQ(meanwhile({.rule = 2}), "");
}

TEST_F(stale_test, who_has_written) {
    const std::uint64_t earlier = lab.store.next_turn();
    lab.keep("a", {product}, "old", 1);
    write();
    const std::uint64_t wrote = lab.store.next_turn();
    const auto flight = make();
    EXPECT_EQ(meanwhile({.wrote = wrote}), "");
    EXPECT_EQ(meanwhile({.wrote = earlier}), "old") << "it was found good behind an earlier write";
    lab.complete(flight, "new", 1);
    write();
    make();
    EXPECT_EQ(meanwhile({.wrote = wrote}), "new");
}

TEST_F(stale_test, while_a_writer_is_about_to_commit) {
    lab.keep("a", {product}, "old", 1);
    lab.store.mark(cache_lab::writes({product}));
    EXPECT_EQ(lab.find("a"), "");
    EXPECT_EQ(lab.begin("a", {product}).how, start::marked);
    lab.store.unmark(cache_lab::writes({product}));
    EXPECT_EQ(lab.find("a"), "old");
}

TEST_F(stale_test, what_operators_clear) {
    for (const bool all : {true, false}) {
        lab.keep("a", {product}, "old", 1);
        static_cast<void>(all ? lab.store.outdate_all() : lab.store.outdate_rule(1));
        const auto flight = make();
        EXPECT_EQ(meanwhile(), "");
        lab.complete(flight, "new", 1);
    }
    static_cast<void>(lab.store.forget());
    make();
    EXPECT_EQ(meanwhile(), "");
}

TEST_F(stale_test, who_wants_it_young) {
    lab.keep("a", {product}, "old", 1);
    write();
    make();
    EXPECT_EQ(meanwhile({.who = {.max_age = 1h}}), "");
}

// ---- by age alone ----

TEST(by_age, what_is_written_does_not_matter) {
    cache_lab lab;
    const std::vector<relation_id> reads{product};
    const auto begin = [&](std::uint32_t rule = 1) {
        return lab.store.begin({.key = "a", .depends_on = reads, .rule = rule, .by_age = true}, 1);
    };
    const auto keep = [&] {
        const auto begun = begin();
        ASSERT_EQ(begun.how, start::fill);
        lab.commit(cache_lab::writes({product}));
        EXPECT_TRUE(lab.complete(begun.flight, "rows", 1).empty());
        EXPECT_EQ(lab.find("a"), "rows");
    };
    keep();
    lab.commit(cache_lab::writes({product}));
    lab.commit(cache_lab::anything());
    lab.store.mark(cache_lab::writes({product}));
    EXPECT_EQ(lab.find("a"), "rows");
    for (const auto& drop : {+[](result_cache& of) { static_cast<void>(of.outdate_all()); },
                             +[](result_cache& of) { static_cast<void>(of.outdate(std::array{product})); },
                             +[](result_cache& of) { static_cast<void>(of.outdate_rule(1)); },
                             +[](result_cache& of) { static_cast<void>(of.forget()); }}) {
        drop(lab.store);
        EXPECT_EQ(lab.find("a"), "");
        keep();
    }
    EXPECT_EQ(lab.clear_relation(product), 1U);
    keep();
    lab.now += 1min;
    EXPECT_EQ(lab.find("a"), "");
}

// ---- without asking a store ----

TEST(unasked, only_what_was_compared_lately) {
    cache_lab lab;
    lab.keep("a", {product});
    const auto find = [&](base::duration rests) {
        return lab.store.find("a", {.now = lab.now, .unasked = true, .rests = rests}) != nullptr;
    };
    EXPECT_FALSE(find(1h)) << "it was not compared since it was kept";
    EXPECT_NE(lab.store.find("a", {.now = lab.now, .compared = true}), nullptr);
    lab.now += 10s;
    EXPECT_TRUE(find(10s + 1ns));
    EXPECT_FALSE(find(10s));
    EXPECT_FALSE(find(base::off));
    EXPECT_TRUE(find(11s)) << "it is still there";
    lab.commit(cache_lab::writes({product}));
    EXPECT_FALSE(find(1h)) << "what is written here is known";
}

// As it comes where several workers ask.
TEST(unasked, not_by_an_answer_from_before_a_write_here) {
    cache_lab lab;
    const std::vector<relation_id> reads{product};
    const std::vector<shared_stamp> old{{.now = 7}, {.now = 8}};
    lab.store.observe(reads, old);
    const auto begun = lab.begin("a", reads);
    const std::uint64_t asked = lab.store.turn();
    lab.complete(begun.flight, "rows");
    lab.commit(cache_lab::writes({product}));
    lab.store.observe(reads, old);
    const asker told{.now = lab.now, .compared = true, .turn = asked};
    EXPECT_NE(lab.store.find("a", told), nullptr) << "who asked before the write may see what was before it";
    const asker next{.now = lab.now, .unasked = true, .rests = 1h};
    EXPECT_EQ(lab.store.find("a", next), nullptr);
    const asker later{.now = lab.now, .compared = true, .turn = lab.store.turn()};
    EXPECT_NE(lab.store.find("a", later), nullptr);
    EXPECT_NE(lab.store.find("a", next), nullptr);
}

}  // namespace
}  // namespace pgweir::cache

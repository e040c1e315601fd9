#include "cache/result_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "cache/cache_lab.hpp"

namespace pgweir::cache {
namespace {

using metrics::cache_rejection;
using start = result_cache::start;
using test::cache_lab;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr relation_id product = 100, customer = 101;

struct result_cache_test : testing::Test {
    cache_lab lab;
};

TEST_F(result_cache_test, serves_what_was_kept) {
    EXPECT_EQ(lab.find("a"), "");
    lab.keep("a", {product}, "rows of a");
    EXPECT_EQ(lab.find("a"), "rows of a");
    EXPECT_EQ(lab.find("b"), "");
    EXPECT_EQ(lab.look().stored, 1U);
    EXPECT_EQ(lab.look().entries, 1U);
    EXPECT_EQ(lab.look().flights, 0U);
}

TEST_F(result_cache_test, serves_until_the_time_is_over) {
    lab.keep("a", {product});
    lab.now += std::chrono::seconds(60) - std::chrono::nanoseconds(1);
    EXPECT_EQ(lab.find("a"), "rows");
    lab.now += std::chrono::nanoseconds(1);
    EXPECT_EQ(lab.find("a"), "");
    EXPECT_EQ(lab.look().expired, 1U);
    EXPECT_EQ(lab.look().outdated, 0U);
    EXPECT_EQ(lab.look().entries, 0U);
}

TEST_F(result_cache_test, it_keeps_what_is_asked_for_often_enough) {
    const std::vector<relation_id> reads{product};
    const auto from = [&](std::string_view key, unsigned time) {
        return lab.store.begin({.key = key, .depends_on = reads, .rule = 0, .from_time = time}, 1).how;
    };
    EXPECT_EQ(from("a", 3), start::not_worth);
    EXPECT_EQ(from("a", 3), start::not_worth);
    EXPECT_EQ(from("a", 3), start::fill);
    EXPECT_EQ(from("a", 3), start::joined) << "what is under way is worth waiting for";
    EXPECT_EQ(from("b", 1), start::fill);
}

TEST_F(result_cache_test, what_was_of_use_is_kept_again_at_once) {
    const std::vector<relation_id> reads{product};
    const auto from_third = [&](std::string_view key) {
        return lab.store.begin({.key = key, .depends_on = reads, .rule = 0, .from_time = 3}, 1).how;
    };
    lab.keep("used", {product});  // and served once
    const auto begun = lab.begin("unused", {product});
    EXPECT_TRUE(lab.complete(begun.flight, "rows").empty());
    lab.commit(cache_lab::writes({product}));
    EXPECT_EQ(lab.find("used"), "");
    EXPECT_EQ(lab.find("unused"), "");
    EXPECT_EQ(from_third("used"), start::fill);
    EXPECT_EQ(from_third("unused"), start::not_worth);
}

// ---- flights ----

TEST_F(result_cache_test, one_executes_for_all_who_ask_meanwhile) {
    const auto first = lab.begin("a", {product}, 1);
    ASSERT_EQ(first.how, start::fill);
    EXPECT_EQ(lab.begin("a", {product}, 2).how, start::joined);
    EXPECT_EQ(lab.begin("a", {product}, 3).how, start::joined);
    EXPECT_EQ(lab.begin("a", {product}, 4).how, start::joined);
    EXPECT_EQ(lab.begin("b", {product}, 5).how, start::fill) << "another statement is another flight";
    lab.store.leave(3);
    EXPECT_EQ(lab.look().waiting, 2U);
    EXPECT_EQ(lab.find("a"), "") << "nothing is there yet";
    EXPECT_THAT(lab.complete(first.flight, "rows"), ElementsAre(2, 4));
    EXPECT_EQ(lab.find("a"), "rows");
    EXPECT_EQ(lab.look().waiting, 0U);
}

TEST_F(result_cache_test, who_waits_for_what_is_given_up_executes_it) {
    const auto first = lab.begin("a", {product}, 1);
    EXPECT_EQ(lab.begin("a", {product}, 2).how, start::joined);
    EXPECT_THAT(lab.store.abandon(first.flight), ElementsAre(2));
    EXPECT_EQ(lab.find("a"), "");
    EXPECT_EQ(lab.begin("a", {product}, 2).how, start::fill);
}

TEST_F(result_cache_test, what_does_not_come_into_it_is_counted_by_reason) {
    const auto fill = [this](const char* key) { return lab.begin(key, {product}).flight; };
    const auto superseded = fill("superseded");
    const std::vector<relation_id> reads{product};
    const auto anew = lab.store.begin({.key = "superseded", .depends_on = reads, .rule = 1, .anew = true}, 2);
    lab.complete(superseded, "rows");
    lab.complete(anew.flight, "rows");
    const auto written = fill("written");
    lab.commit(cache_lab::writes({product}));
    lab.complete(written, "rows");
    const auto dropped = fill("dropped");
    EXPECT_THAT(lab.store.schema_changed(), IsEmpty());
    lab.complete(dropped, "rows");
    EXPECT_THAT(lab.store.abandon(fill("failed")), IsEmpty());
    EXPECT_THAT(lab.store.abandon(fill("moved"), cache_rejection::other_server), IsEmpty());
    const statistics now = lab.look();
    for (const auto why : {cache_rejection::superseded, cache_rejection::written, cache_rejection::dropped,
                           cache_rejection::incomplete, cache_rejection::other_server})
        EXPECT_EQ(now.rejections[why], 1U) << metrics::name_of(why);
    EXPECT_EQ(now.schema_changes, 1U);
    EXPECT_EQ(now.stored, 1U);
    EXPECT_EQ(now.stored_bytes, std::string("rows").size());
}

TEST_F(result_cache_test, who_cannot_wait_does_not_join) {
    const std::vector<relation_id> reads{product};
    EXPECT_EQ(lab.begin("a", reads, 1).how, start::fill);
    EXPECT_EQ(lab.store.begin({.key = "a", .depends_on = reads, .rule = 1, .may_wait = false}, 2).how, start::busy);
    EXPECT_EQ(lab.look().waiting, 0U);
}

TEST_F(result_cache_test, who_comes_after_a_write_does_not_join_what_began_before_it) {
    const auto before = lab.begin("a", {product}, 1);
    lab.commit(cache_lab::writes({product}));
    EXPECT_EQ(lab.begin("a", {product}, 2).how, start::busy);
    EXPECT_THAT(lab.complete(before.flight, "old"), IsEmpty());
    EXPECT_EQ(lab.find("a"), "") << "the stamps are those from before it was executed";
    EXPECT_EQ(lab.look().stored, 0U);
    EXPECT_EQ(lab.begin("a", {product}, 2).how, start::fill);
}

TEST_F(result_cache_test, what_is_executed_while_all_is_forgotten_is_not_kept) {
    const auto before = lab.begin("a", {product}, 1);
    EXPECT_EQ(lab.begin("a", {product}, 2).how, start::joined);
    EXPECT_THAT(lab.store.forget(), ElementsAre(2));
    const auto after = lab.begin("a", {product}, 3);
    ASSERT_EQ(after.how, start::fill);
    EXPECT_THAT(lab.complete(before.flight, "old"), IsEmpty());
    EXPECT_EQ(lab.find("a"), "");
    EXPECT_EQ(lab.look().flights, 1U) << "the other one goes on";
    lab.complete(after.flight, "new");
    EXPECT_EQ(lab.find("a"), "new");
}

// ---- writes ----

TEST_F(result_cache_test, a_write_ends_what_depends_on_it_and_nothing_else) {
    lab.keep("p", {product});
    lab.keep("c", {customer});
    lab.keep("both", {product, customer});
    lab.keep("none", {});
    lab.commit(cache_lab::writes({product}));
    EXPECT_EQ(lab.find("p"), "");
    EXPECT_EQ(lab.find("both"), "");
    EXPECT_EQ(lab.find("c"), "rows");
    EXPECT_EQ(lab.find("none"), "rows");
    EXPECT_EQ(lab.look().writes, 1U);
    EXPECT_EQ(lab.look().outdated, 2U);
    EXPECT_EQ(lab.look().entries, 2U) << "what was found outdated is gone";
}

TEST_F(result_cache_test, a_write_of_nobody_knows_what_ends_everything) {
    lab.keep("p", {product});
    lab.keep("none", {});
    lab.commit(cache_lab::anything());
    EXPECT_EQ(lab.find("p"), "");
    EXPECT_EQ(lab.find("none"), "");
}

TEST_F(result_cache_test, while_a_writer_is_about_to_commit_nothing_of_it_is_served_or_begun) {
    for (const write_set& what : {cache_lab::writes({product}), cache_lab::anything()}) {
        SCOPED_TRACE(what.everything);
        lab.keep("p", {product});
        lab.store.mark(what);
        EXPECT_EQ(lab.find("p"), "");
        EXPECT_EQ(lab.begin("p", {product}).how, start::marked);
        EXPECT_EQ(lab.begin("new", {product, customer}).how, start::marked);
        EXPECT_EQ(lab.look().marks, 1U);
        lab.store.mark(what);
        lab.store.unmark(what);
        EXPECT_EQ(lab.find("p"), "") << "there is another writer yet";
        lab.store.unmark(what);
        EXPECT_EQ(lab.find("p"), "rows") << "both have rolled back";
        EXPECT_EQ(lab.look().marks, 0U);
        lab.commit(what);
    }
}

TEST_F(result_cache_test, what_ends_while_a_writer_is_about_to_commit_is_not_kept) {
    const auto begun = lab.begin("a", {product}, 1);
    EXPECT_EQ(lab.begin("a", {product}, 2).how, start::joined);
    lab.store.mark(cache_lab::writes({product}));
    EXPECT_EQ(lab.begin("a", {product}, 3).how, start::marked) << "it may not even join";
    EXPECT_THAT(lab.complete(begun.flight, "old"), ElementsAre(2)) << "who waited asks again";
    lab.store.unmark(cache_lab::writes({product}));
    EXPECT_EQ(lab.find("a"), "");
}

TEST_F(result_cache_test, a_flight_over_a_whole_write_is_not_kept) {
    const auto begun = lab.begin("a", {product});
    lab.commit(cache_lab::writes({product}));
    lab.complete(begun.flight, "old");
    EXPECT_EQ(lab.find("a"), "");
    const auto again = lab.begin("a", {product});
    lab.commit(cache_lab::writes({customer}));
    lab.complete(again.flight, "new");
    EXPECT_EQ(lab.find("a"), "new") << "what it does not read may be written";
}

TEST(write_set, is_what_all_statements_write_together) {
    write_set all;
    EXPECT_TRUE(all.empty());
    all.add(false, std::vector<relation_id>{7, 3});
    all.add(false, std::vector<relation_id>{5, 3});
    EXPECT_THAT(all.relations, ElementsAre(3, 5, 7));
    EXPECT_FALSE(all.empty());
    all.add(true, std::vector<relation_id>{9});
    EXPECT_TRUE(all.everything);
    EXPECT_FALSE(all.empty());
    all.add(false, std::vector<relation_id>{11});
    EXPECT_TRUE(all.everything);
    EXPECT_THAT(all.relations, IsEmpty()) << "everything says it all";
    all.clear();
    EXPECT_TRUE(all.empty());
}

// ---- operators ----

TEST_F(result_cache_test, clears_all) {
    lab.keep("p", {product});
    lab.keep("c", {customer});
    const auto begun = lab.begin("x", {product});
    EXPECT_EQ(lab.clear(), 2U);
    EXPECT_EQ(lab.find("p"), "");
    lab.complete(begun.flight, "old");
    EXPECT_EQ(lab.find("x"), "") << "nor is it kept what was under way";
    EXPECT_EQ(lab.look().cleared, 2U);
    EXPECT_EQ(lab.look().bytes, 0U);
}

TEST_F(result_cache_test, clears_what_reads_a_relation) {
    lab.keep("p", {product});
    lab.keep("c", {customer});
    lab.keep("both", {product, customer});
    const auto begun = lab.begin("x", {product});
    EXPECT_EQ(lab.clear_relation(product), 2U);
    EXPECT_EQ(lab.find("c"), "rows");
    EXPECT_EQ(lab.look().entries, 1U);
    lab.complete(begun.flight, "old");
    EXPECT_EQ(lab.find("x"), "");
    EXPECT_EQ(lab.clear_relation(999), 0U);
    EXPECT_EQ(lab.look().cleared, 2U);
}

TEST_F(result_cache_test, clears_what_a_rule_keeps) {
    lab.keep("a", {product}, "rows", 1);
    lab.keep("b", {product}, "rows", 2);
    lab.keep("c", {product});
    EXPECT_EQ(lab.clear_rule(2), 1U);
    EXPECT_EQ(lab.find("b"), "");
    EXPECT_EQ(lab.find("a"), "rows");
    EXPECT_EQ(lab.find("c"), "rows");
    EXPECT_EQ(lab.clear_rule(3), 0U);
}

TEST_F(result_cache_test, marks_outlast_what_an_operator_clears) {
    lab.store.mark(cache_lab::writes({product}));
    lab.clear();
    static_cast<void>(lab.store.forget());
    lab.clear_relation(product);
    EXPECT_EQ(lab.begin("p", {product}).how, start::marked);
    lab.store.unmark(cache_lab::writes({product}));
    lab.keep("p", {product});
}

// ---- sizes ----

TEST(result_cache_sizes, a_large_reply_is_not_kept) {
    settings how;
    how.largest_reply = 100;
    cache_lab lab(how);
    lab.keep("a", {product}, std::string(100, 'x'));
    const auto begun = lab.begin("b", {product}, 1);
    EXPECT_EQ(lab.begin("b", {product}, 2).how, start::joined);
    EXPECT_THAT(lab.complete(begun.flight, std::string(101, 'x')), ElementsAre(2));
    EXPECT_EQ(lab.find("b"), "");
    EXPECT_EQ(lab.look().rejections[cache_rejection::too_large], 1U);
    EXPECT_EQ(lab.look().stored, 1U);
}

TEST(result_cache_sizes, a_rule_has_a_bound_of_its_own) {
    settings how;
    how.largest_reply = 100;
    how.rules.resize(2);
    how.rules[0].largest_reply = 200;
    cache_lab lab(how);
    lab.keep("a", {product}, std::string(200, 'x'), 1);
    const auto large = lab.begin("b", {product}, 1, 1);
    lab.complete(large.flight, std::string(201, 'x'), 1);
    const auto by_another = lab.begin("c", {product}, 1, 2);
    lab.complete(by_another.flight, std::string(101, 'x'), 2);
    EXPECT_EQ(lab.find("b") + lab.find("c"), "");
    EXPECT_EQ(lab.look().rejections[cache_rejection::too_large], 2U);
}

TEST(result_cache_sizes, memory_is_bounded_and_counted) {
    settings how;
    how.memory_size = 64 * 1024;
    how.largest_reply = 1024 * 1024;
    cache_lab lab(how);
    for (int i = 0; i < 1000; ++i) {
        lab.keep(std::to_string(i), {product}, std::string(1000, 'x'));
        ASSERT_LE(lab.look().bytes, how.memory_size);
    }
    const statistics full = lab.look();
    EXPECT_EQ(full.stored, 1000U);
    EXPECT_EQ(full.evictions + full.entries, full.stored);
    EXPECT_GT(full.bytes, full.entries * 1000);
    EXPECT_GT(full.bytes, how.memory_size - 2048) << "memory is made use of";
    std::size_t seen = 0;
    memory_store::walk(lab.store.entries()).step(1000, [&](const memory_store::slot& each) {
        seen += each.what->bytes();
        return false;
    });
    EXPECT_EQ(seen, full.bytes);
    EXPECT_THAT(lab.complete(lab.begin("large", {product}).flight, std::string(64 * 1024, 'x')), IsEmpty());
    EXPECT_EQ(lab.look().rejections[cache_rejection::too_large], 1U);
}

TEST(result_cache_sizes, hashes_that_collide_never_give_foreign_rows) {
    cache_lab lab({}, [](std::string_view, std::uint64_t) { return std::uint64_t{42}; });
    lab.keep("alice", {product}, "alice's");
    lab.keep("bob", {product}, "bob's");
    EXPECT_EQ(lab.find("alice"), "alice's");
    EXPECT_EQ(lab.find("bob"), "bob's");
    EXPECT_EQ(lab.find("carol"), "");
}

}  // namespace
}  // namespace pgweir::cache

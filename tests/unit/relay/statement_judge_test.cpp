#include "relay/statement_judge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "catalog/schema_lab.hpp"

namespace pgweir::relay::test {
namespace {

using pgweir::test::schema_lab;
using testing::ElementsAre;
using testing::IsEmpty;

// A database with a product and a customer in public, and another product in shop.
struct statement_judge_test : testing::Test {
    statement_judge_test() : map(std::make_shared<const catalog::schema_map>(lab.map())) {}

    judge_scope wanted(std::vector<std::string> schemas = {"public"}, std::string user = "alice",
                       std::string database = "app") const {
        return {map, std::move(schemas), std::move(user), std::move(database), {}};
    }

    void has_rules(std::deque<cache::rule> rules) { judge = statement_judge(7, std::move(rules)); }

    std::uint32_t rule_of(const std::string& text, const judge_scope& scope) {
        return judge.judge(text, judge.scope_of(scope)).rule;
    }
    std::uint32_t rule_of(const std::string& text) { return rule_of(text, wanted()); }

    schema_lab lab;
    catalog::relation_id product = lab.table("product");
    catalog::relation_id customer = lab.table("customer");
    catalog::relation_id other_product = lab.relation("product", {.schema = "shop"});
    catalog::relation_id cheap =
        lab.view("cheap", {product}, "SELECT * FROM public.product WHERE price < 5", {.kind = 'v'});
    std::shared_ptr<const catalog::schema_map> map;
    statement_judge judge{7, {}};
};

cache::rule on(std::string table) {
    cache::rule one;
    one.tables = {std::move(table)};
    return one;
}

cache::rule like(std::string pattern) {
    cache::rule one;
    one.pattern = std::move(pattern);
    return one;
}

TEST_F(statement_judge_test, says_what_a_text_reads_and_writes) {
    const auto scope = judge.scope_of(wanted());
    const auto& read = judge.judge("SELECT * FROM product, customer", scope);
    EXPECT_EQ(read.reads.reasons, sql::reason::none);
    EXPECT_THAT(read.reads.depends_on, ElementsAre(product, customer));
    EXPECT_TRUE(read.writes.nothing());
    const auto& write = judge.judge("UPDATE customer SET name = 'x'", scope);
    EXPECT_TRUE(has(write.reads.reasons, sql::reason::not_a_select));
    EXPECT_THAT(write.writes.relations, ElementsAre(customer));
    EXPECT_TRUE(judge.judge("what is this", scope).writes.everything);
    EXPECT_EQ(read.rule, 0U);
}

TEST_F(statement_judge_test, texts_that_begin_alike_are_told_apart) {
    const auto scope = judge.scope_of(wanted());
    const auto read = [&](const char* text) { return judge.judge(text, scope).reads.depends_on; };
    for (int round = 0; round < 3; ++round) {
        EXPECT_THAT(read("SELECT first, second, third FROM product WHERE id = 1"), ElementsAre(product));
        EXPECT_THAT(read("SELECT first, second, third FROM customer WHERE id = 1"), ElementsAre(customer));
        EXPECT_THAT(read("SELECT first, second, third FROM product WHERE id = 23"), ElementsAre(product));
        EXPECT_THAT(judge.judge("SELECT first, second, third FROM product WHERE id = 4; DELETE FROM customer", scope)
                        .writes.relations,
                    ElementsAre(customer));
    }
    EXPECT_THAT(judge.judge("SELECT first, second, third FROM product WHERE id = 5", judge.scope_of(wanted({"shop"})))
                    .reads.depends_on,
                ElementsAre(other_product));
}

TEST_F(statement_judge_test, says_the_same_when_asked_again) {
    const auto scope = judge.scope_of(wanted());
    for (int round = 0; round < 3; ++round) {
        EXPECT_THAT(judge.judge("SELECT * FROM product WHERE id = 1", scope).reads.depends_on, ElementsAre(product));
        EXPECT_THAT(judge.judge("SELECT * FROM product WHERE id = 2", scope).reads.depends_on, ElementsAre(product));
        EXPECT_THAT(judge.judge("SELECT * FROM customer WHERE id = 1", scope).reads.depends_on, ElementsAre(customer));
    }
}

TEST_F(statement_judge_test, texts_that_differ_in_a_literal_that_matters_differ) {
    const auto scope = judge.scope_of(wanted());
    EXPECT_EQ(judge.judge("SELECT DATE '2024-01-01'", scope).reads.reasons, sql::reason::none);
    EXPECT_TRUE(has(judge.judge("SELECT DATE 'today'", scope).reads.reasons, sql::reason::time_literal));
    EXPECT_EQ(judge.judge("SELECT DATE '2024-01-01'", scope).reads.reasons, sql::reason::none);
}

TEST_F(statement_judge_test, a_text_means_something_else_on_another_path) {
    const auto in_public = judge.scope_of(wanted());
    const auto in_shop = judge.scope_of(wanted({"shop"}));
    for (int round = 0; round < 2; ++round) {
        EXPECT_THAT(judge.judge("TABLE product", in_public).reads.depends_on, ElementsAre(product));
        EXPECT_THAT(judge.judge("TABLE product", in_shop).reads.depends_on, ElementsAre(other_product));
        EXPECT_THAT(judge.judge("DELETE FROM product", in_public).writes.relations, ElementsAre(product));
        EXPECT_THAT(judge.judge("DELETE FROM product", in_shop).writes.relations, ElementsAre(other_product));
    }
}

TEST_F(statement_judge_test, a_text_means_something_else_when_the_catalogs_have_changed) {
    const auto before = judge.scope_of(wanted());
    EXPECT_TRUE(has(judge.judge("TABLE late", before).reads.reasons, sql::reason::unknown_relation));
    schema_lab changed;
    const auto late = changed.table("late");
    judge_scope then = wanted();
    then.map = std::make_shared<const catalog::schema_map>(changed.map());
    const auto after = judge.scope_of(then);
    EXPECT_NE(before, after);
    EXPECT_THAT(judge.judge("TABLE late", after).reads.depends_on, ElementsAre(late));
}

TEST_F(statement_judge_test, a_long_text_is_judged_as_others_are) {
    const auto scope = judge.scope_of(wanted());
    const std::string padding(20'000, ' ');
    EXPECT_THAT(judge.judge("TABLE" + padding + "product", scope).reads.depends_on, ElementsAre(product));
    EXPECT_THAT(judge.judge("TABLE" + padding + "customer", scope).reads.depends_on, ElementsAre(customer));
    EXPECT_EQ(judge.judge("SELECT '" + std::string(70'000, 'x') + "'", scope).reads.reasons, sql::reason::none)
        << "literals do not count";
    std::string too_long = "SELECT 1";
    for (int i = 0; i < 10'000; ++i) too_long += ", column_" + std::to_string(i);
    EXPECT_TRUE(has(judge.judge(too_long, scope).reads.reasons, sql::reason::too_long));
    EXPECT_TRUE(judge.judge(too_long, scope).writes.everything);
}

TEST_F(statement_judge_test, more_texts_than_places_are_judged_right) {
    const auto scope = judge.scope_of(wanted());
    for (int i = 0; i < 10'000; ++i) {
        const bool first = i % 2 == 0;
        const std::string text = (first ? "SELECT * FROM product WHERE id = " : "SELECT * FROM customer WHERE id = ") +
                                 std::to_string(i / 3);
        ASSERT_THAT(judge.judge(text, scope).reads.depends_on, ElementsAre(first ? product : customer)) << text;
    }
}

TEST_F(statement_judge_test, what_texts_of_one_shape_took_is_one_experience) {
    const auto scope = judge.scope_of(wanted());
    const auto of = [&](const std::string& text) { return judge.judge(text, scope).of_shape; };
    of("SELECT * FROM product WHERE id = 1")->took = std::chrono::milliseconds(3);
    EXPECT_EQ(of("SELECT * FROM product WHERE id = 2")->took, std::chrono::milliseconds(3));
    EXPECT_EQ(of("SELECT * FROM product")->took, base::off) << "nobody knows";
    has_rules({like("* = 7")});
    const auto anew = judge.scope_of(wanted());
    judge.judge("SELECT * FROM product WHERE id = 7", anew).of_shape->took = std::chrono::milliseconds(4);
    EXPECT_EQ(judge.judge("SELECT * FROM product WHERE id = 8", anew).of_shape->took, std::chrono::milliseconds(4))
        << "whatever rule they go by";
}

TEST_F(statement_judge_test, what_one_user_asks_does_not_push_out_what_another_does) {
    const std::string text = "SELECT * FROM product WHERE id = 1";
    const auto alice = judge.scope_of(wanted());
    const auto bob = judge.scope_of(wanted({"public"}, "bob"));
    judge.judge(text, alice).of_shape->answered = cache::moment{5, 0};
    EXPECT_EQ(judge.judge(text, bob).of_shape->answered, std::nullopt);
    EXPECT_EQ(judge.judge(text, alice).of_shape->answered, (cache::moment{5, 0}));
    EXPECT_EQ(judge.judge("SELECT * FROM product WHERE id = 2", alice).of_shape->answered, (cache::moment{5, 0}));
}

// ---- scopes ----

TEST_F(statement_judge_test, sessions_that_agree_share_a_scope) {
    const auto one = judge.scope_of(wanted());
    EXPECT_EQ(judge.scope_of(wanted()), one);
    EXPECT_NE(judge.scope_of(wanted({"public", "shop"})), one);
    EXPECT_NE(judge.scope_of(wanted({"public"}, "bob")), one);
    EXPECT_NE(judge.scope_of(wanted({"public"}, "alice", "blog")), one);
    EXPECT_EQ(judge.scope_of(wanted()), one);
}

TEST_F(statement_judge_test, a_scope_that_is_used_stays_when_there_are_too_many) {
    const auto used = judge.scope_of(wanted());
    const auto unused = judge.scope_of(wanted({"public"}, "unused"));
    for (int i = 0; i < 200; ++i) {
        static_cast<void>(judge.scope_of(wanted({"public"}, "user " + std::to_string(i))));
        ASSERT_EQ(judge.scope_of(wanted()), used) << i;
    }
    EXPECT_NE(judge.scope_of(wanted({"public"}, "unused")), unused);
    EXPECT_THAT(judge.judge("TABLE product", unused).reads.depends_on, ElementsAre(product)) << "who has it may use it";
}

// ---- rules ----

TEST_F(statement_judge_test, the_first_rule_that_matches_counts) {
    has_rules({on("customer"), like("*/* fast */*"), on("product"), like("*")});
    EXPECT_EQ(rule_of("TABLE customer"), 1U);
    EXPECT_EQ(rule_of("SELECT * FROM product, customer"), 1U);
    EXPECT_EQ(rule_of("/* fast */ TABLE product"), 2U);
    EXPECT_EQ(rule_of("TABLE product"), 3U);
    EXPECT_EQ(rule_of("SELECT 1"), 4U);
}

TEST_F(statement_judge_test, a_table_is_meant_as_the_session_would_find_it) {
    has_rules({on("product")});
    EXPECT_EQ(rule_of("TABLE product"), 1U);
    EXPECT_EQ(rule_of("TABLE shop.product"), 0U);
    EXPECT_EQ(rule_of("TABLE shop.product", wanted({"shop"})), 1U);
    EXPECT_EQ(rule_of("TABLE product", wanted({"nowhere"})), 0U);
}

TEST_F(statement_judge_test, a_table_with_a_schema_is_that_one) {
    has_rules({on("shop.product"), on("no.such")});
    EXPECT_EQ(rule_of("TABLE product"), 0U);
    EXPECT_EQ(rule_of("TABLE shop.product"), 1U);
    EXPECT_EQ(rule_of("TABLE product", wanted({"shop"})), 1U);
}

TEST_F(statement_judge_test, a_view_is_what_it_reads) {
    has_rules({on("product")});
    EXPECT_EQ(rule_of("TABLE cheap"), 1U);
    has_rules({on("cheap")});
    EXPECT_EQ(rule_of("TABLE cheap"), 1U);
}

TEST_F(statement_judge_test, a_rule_is_for_its_users_and_databases) {
    cache::rule one;
    one.users = {"bob", "carol"};
    one.databases = {"app"};
    has_rules({one});
    EXPECT_EQ(rule_of("TABLE product"), 0U);
    EXPECT_EQ(rule_of("TABLE product", wanted({"public"}, "carol")), 1U);
    EXPECT_EQ(rule_of("TABLE product", wanted({"public"}, "bob")), 1U);
    EXPECT_EQ(rule_of("TABLE product", wanted({"public"}, "bob", "blog")), 0U);
    EXPECT_EQ(rule_of("TABLE product", wanted({"public"}, "bobby")), 0U);
}

TEST_F(statement_judge_test, all_of_a_rule_must_match) {
    cache::rule one = on("product");
    one.pattern = "*where id = *";
    has_rules({one});
    EXPECT_EQ(rule_of("SELECT * FROM product WHERE id = 7"), 1U);
    EXPECT_EQ(rule_of("SELECT * FROM product"), 0U);
    EXPECT_EQ(rule_of("SELECT * FROM customer WHERE id = 7"), 0U);
}

TEST_F(statement_judge_test, texts_of_one_shape_may_match_different_patterns) {
    has_rules({like("* = 7")});
    EXPECT_EQ(rule_of("SELECT * FROM product WHERE id = 7"), 1U);
    EXPECT_EQ(rule_of("SELECT * FROM product WHERE id = 8"), 0U);
    EXPECT_EQ(rule_of("SELECT * FROM product WHERE id = 7"), 1U);
}

}  // namespace
}  // namespace pgweir::relay::test

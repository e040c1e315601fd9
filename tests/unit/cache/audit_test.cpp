#include "cache/audit.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "cache/cache_lab.hpp"
#include "cache/forged_reply.hpp"
#include "cache/rows.hpp"

namespace pgweir::cache {
namespace {

using metrics::cache_audit;
using test::cache_lab;
using test::data_row;
using test::description_of;
using test::int4;
using test::text;

constexpr relation_id product = 100;

std::string row(std::string_view value) {
    return message('D', value);
}

std::string end(std::string_view tag) {
    return message('C', tag);
}

TEST(audit, compares_rows_in_any_order) {
    const std::string kept = row("a") + row("b") + row("b") + end("SELECT 3");
    EXPECT_EQ(compare(kept, kept, {}), cache_audit::same);
    EXPECT_EQ(compare(kept, row("b") + row("a") + row("b") + end("SELECT 3"), {}), cache_audit::same);
    for (const std::string& other :
         {row("a") + row("a") + row("b") + end("SELECT 3"), row("a") + row("b") + end("SELECT 2"),
          row("a") + row("b") + row("c") + end("SELECT 3"), end("SELECT 0"),
          row("a") + row("b") + row("b") + end("SELECT 4"), row("ab") + row("b") + end("SELECT 2")}) {
        EXPECT_EQ(compare(kept, other, {}), cache_audit::different);
        EXPECT_EQ(compare(other, kept, {}), cache_audit::different);
        EXPECT_EQ(compare(kept, other, {.varies = true}), cache_audit::unknown) << "both may be right";
    }
    EXPECT_EQ(compare(kept, kept.substr(0, kept.size() - 1), {}), cache_audit::unknown) << "not all of it is here";
    EXPECT_EQ(compare(kept, "", {}), cache_audit::different);
}

TEST(audit, compares_the_order_where_there_is_one_only) {
    const std::string description = description_of({{"id", int4}, {"name", text}});
    const std::string kept = data_row({"1", "x"}) + data_row({"2", "x"}) + end("SELECT 2");
    const std::string found = data_row({"2", "x"}) + data_row({"1", "x"}) + end("SELECT 2");
    const std::vector<sql::sort_column> by_id{{.name = "id"}}, by_name{{.name = "name"}};
    EXPECT_EQ(compare(kept, found, {.description = description, .sorted_by = by_id}), cache_audit::different);
    EXPECT_EQ(compare(kept, found, {.varies = true, .description = description, .sorted_by = by_id}),
              cache_audit::different);
    EXPECT_EQ(compare(kept, kept, {.description = description, .sorted_by = by_id}), cache_audit::same);
    EXPECT_EQ(compare(kept, found, {.description = description, .sorted_by = by_name}), cache_audit::same);
    EXPECT_EQ(compare(kept, found, {.description = description}), cache_audit::same);
}

TEST(audit, prints_are_of_rows_in_any_order) {
    const reply_print one = print_of(row("a") + row("b") + end("SELECT 2"));
    const reply_print other = print_of(row("b") + row("a") + end("SELECT 2"));
    EXPECT_EQ(one.rows, 2U);
    EXPECT_EQ(one.bytes, 2 * 6 + 5 + 8U);
    EXPECT_EQ(one.digest, other.digest);
    EXPECT_NE(one.digest, print_of(row("a") + row("c") + end("SELECT 2")).digest);
    EXPECT_NE(one.digest, print_of(row("a") + row("b") + row("b") + end("SELECT 2")).digest);
}

TEST(audit, takes_its_share) {
    audit_choice choice(42), same(42), another(43);
    std::size_t taken = 0, different = 0;
    for (int i = 0; i < 100'000; ++i) {
        const bool chosen = choice.takes(100);
        EXPECT_EQ(same.takes(100), chosen);
        taken += chosen ? 1U : 0U;
        different += another.takes(100) != chosen ? 1U : 0U;
    }
    EXPECT_NEAR(static_cast<double>(taken), 1000, 150);
    EXPECT_GT(different, 1000U);
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(choice.takes(1));
        EXPECT_FALSE(choice.takes(0));
    }
}

TEST(audit, what_was_found_wrong_is_served_no_more_and_not_kept) {
    cache_lab lab;
    lab.keep("of a rule", {product}, "rows", 2);
    lab.keep("of another", {product}, "rows", 1);
    for (const cache_audit fine : {cache_audit::same, cache_audit::unknown}) lab.store.audited(fine, 2);
    EXPECT_EQ(lab.find("of a rule"), "rows");
    lab.store.audited(cache_audit::different, 2);
    EXPECT_EQ(lab.find("of a rule"), "");
    EXPECT_EQ(lab.begin("of a rule", {product}, 1, 2).how, result_cache::start::switched_off);
    EXPECT_EQ(lab.find("of another"), "rows");
    EXPECT_EQ(lab.begin("anew", {product}, 1, 1).how, result_cache::start::fill);
    EXPECT_TRUE(lab.store.is_switched_off(2));
    EXPECT_FALSE(lab.store.is_switched_off(0));
    static_cast<void>(lab.store.forget());
    EXPECT_TRUE(lab.store.is_switched_off(2)) << "until the next start";
    EXPECT_EQ(lab.look().audits[cache_audit::same], 1U);
    EXPECT_EQ(lab.look().audits[cache_audit::unknown], 1U);
    EXPECT_EQ(lab.look().audits[cache_audit::different], 1U);
}

TEST(audit, what_no_rule_is_about_is_one) {
    cache_lab lab;
    lab.keep("a", {product});
    lab.store.audited(cache_audit::different, 0);
    EXPECT_EQ(lab.find("a"), "");
    EXPECT_EQ(lab.begin("a", {product}, 1, 1).how, result_cache::start::fill) << "rules go on";
}

}  // namespace
}  // namespace pgweir::cache

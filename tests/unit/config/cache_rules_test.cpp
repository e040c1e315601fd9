#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "config/difference.hpp"
#include "config/load.hpp"
#include "config/show.hpp"
#include "config/support.hpp"

namespace pgweir::config {
namespace {

using namespace std::chrono_literals;
using test::complaints_after_minimal;
using test::minimal;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

settings loaded(const std::string& cache) {
    const std::string text = std::string(minimal) + cache;
    EXPECT_THAT(complaints_after_minimal(cache), IsEmpty());
    return load_text("c.yaml", text, {}).value;
}

TEST(cache_settings, every_key_reaches_its_field) {
    const settings all = loaded("cache: {mode: rules, ttl: 2s, largest_reply: 3KiB, wait: 4s, memory: {size: 5MiB}}\n");
    EXPECT_EQ(all.cache.mode, cache::mode::rules);
    EXPECT_EQ(all.cache.ttl, 2s);
    EXPECT_EQ(all.cache.largest_reply, 3U * 1024);
    EXPECT_EQ(all.cache.wait, 4s);
    EXPECT_EQ(all.cache.memory_size, 5U * 1024 * 1024);
    const cache::settings by_rule =
        loaded("cache: {largest_reply: 3KiB, rules: [{name: a, largest_reply: 2MiB}, {name: b}]}\n").cache;
    EXPECT_EQ(by_rule.largest_reply_of(0), 3U * 1024);
    EXPECT_EQ(by_rule.largest_reply_of(1), 2U * 1024 * 1024);
    EXPECT_EQ(by_rule.largest_reply_of(2), 3U * 1024);
    EXPECT_EQ(loaded("").cache.mode, cache::mode::off);
    EXPECT_EQ(loaded("cache: {mode: auto}\n").cache.mode, cache::mode::automatic);
}

TEST(cache_settings, levels) {
    const settings all = loaded(
        "cache: {consistency: ttl, memory: {max_age: 3s}, rules: [{name: a, consistency: fleet}, {name: b, "
        "stale_while_revalidate: 7s}]}\n");
    EXPECT_EQ(all.cache.consistency, cache::consistency::ttl);
    EXPECT_EQ(all.cache.memory_max_age, 3s);
    EXPECT_EQ(all.cache.rules[0].consistency, cache::consistency::fleet);
    EXPECT_EQ(all.cache.rules[0].stale, base::off);
    EXPECT_EQ(all.cache.rules[1].consistency, cache::consistency::as_all);
    EXPECT_EQ(all.cache.rules[1].stale, 7s);
    EXPECT_TRUE(load_text("c.yaml", show(all), {}).value.cache.rules == all.cache.rules);
    EXPECT_EQ(loaded("").cache.consistency, cache::consistency::fleet);
    EXPECT_EQ(loaded("").cache.memory_max_age, base::off);
}

TEST(cache_settings, a_reply_may_be_so_old_as_not_at_all) {
    for (const char* none : {"0s", "0ms", "off"})
        EXPECT_EQ(loaded("cache: {memory: {max_age: " + std::string(none) + "}}\n").cache.memory_max_age, base::off);
    EXPECT_THAT(complaints_after_minimal("cache: {memory: {max_age: 1us}}\n"), ElementsAre(HasSubstr("1ms")));
    EXPECT_THAT(complaints_after_minimal("cache: {rules: [{name: a, stale_while_revalidate: 0s}]}\n"),
                ElementsAre(HasSubstr("must not be zero: write off")));
}

TEST(cache_settings, what_may_be_outdated_is_not_for_all_users) {
    const auto told = [](const std::string& cache) { return complaints_after_minimal("cache: {" + cache + "}\n"); };
    const std::string all = "name: a, shared_by: all_users";
    EXPECT_EQ(loaded("cache: {rules: [{" + all + "}, {name: b}]}\n").cache.rules[0].shared_by,
              cache::audience::all_users);
    EXPECT_EQ(loaded("cache: {rules: [{" + all + "}, {name: b}]}\n").cache.rules[1].shared_by,
              cache::audience::one_user);
    EXPECT_THAT(told("consistency: ttl, rules: [{" + all + ", consistency: fleet}]"), IsEmpty());
    EXPECT_THAT(told("rules: [{" + all + ", consistency: ttl}]"),
                ElementsAre(HasSubstr("cache.rules.a.shared_by: all_users is not possible with consistency: ttl")));
    EXPECT_THAT(told("consistency: ttl, rules: [{" + all + "}]"), ElementsAre(HasSubstr("consistency: ttl")));
    EXPECT_THAT(told("rules: [{" + all + ", stale_while_revalidate: 1s}]"),
                ElementsAre(HasSubstr("not possible with stale_while_revalidate")));
}

TEST(cache_settings, rules_keep_their_order) {
    const settings all = loaded(
        "cache:\n  rules:\n"
        "    - {name: zebra, tables: [product, shop.category], ttl: 5s}\n"
        "    - {name: ant, users: [eye], databases: [app], pattern: 'select *', ttl: off}\n");
    ASSERT_EQ(all.cache.rules.size(), 2U);
    EXPECT_EQ(all.cache.rules[0].name, "zebra");
    EXPECT_THAT(all.cache.rules[0].tables, ElementsAre("product", "shop.category"));
    EXPECT_EQ(all.cache.rules[0].ttl, 5s);
    EXPECT_EQ(all.cache.rules[0].pattern, "*");
    EXPECT_EQ(all.cache.rules[1].name, "ant");
    EXPECT_THAT(all.cache.rules[1].users, ElementsAre("eye"));
    EXPECT_THAT(all.cache.rules[1].databases, ElementsAre("app"));
    EXPECT_EQ(all.cache.rules[1].pattern, "select *");
    EXPECT_EQ(all.cache.rules[1].ttl, base::off);
}

TEST(cache_settings, rules_as_a_map_and_what_is_shown_reads_the_same) {
    const settings all = loaded("cache: {mode: auto, rules: {b: {tables: [t]}, a: {ttl: off}}}\n");
    const std::string shown = show(all);
    EXPECT_THAT(shown, HasSubstr("memory:\n    size: 64MiB"));
    EXPECT_TRUE(load_text("c.yaml", shown, {}).value.cache.rules == all.cache.rules);
}

TEST(cache_settings, complaints) {
    EXPECT_THAT(complaints_after_minimal("cache:\n  rules: [{tables: [a]}]\n"),
                ElementsAre(HasSubstr("c.yaml:4:11: cache.rules: each entry needs a name")));
    EXPECT_THAT(complaints_after_minimal("cache:\n  rules: [{name: a}, {name: a}]\n"),
                ElementsAre(HasSubstr("cache.rules.a: is given twice")));
    EXPECT_THAT(complaints_after_minimal("cache:\n  rules: [{name: a, table: [b]}]\n"),
                ElementsAre(HasSubstr("cache.rules.a.table: unknown key, did you mean 'tables'?")));
    EXPECT_THAT(complaints_after_minimal("cache: {memory: {size: 64}}\n"), ElementsAre(HasSubstr("has no unit")));
    EXPECT_THAT(complaints_after_minimal("cache: {memory: {size: 1KiB}}\n"),
                ElementsAre(HasSubstr("has to be from 64KiB to 1TiB")));
    EXPECT_THAT(complaints_after_minimal("cache: {memory: {size: off}}\n"),
                ElementsAre(HasSubstr("cannot be switched off")));
}

TEST(cache_settings, a_reload_changes_none_of_it) {
    const settings before = loaded("cache: {mode: auto, rules: [{name: a}]}\n");
    settings after = loaded("cache: {mode: off, rules: [{name: a, ttl: off}]}\n");
    std::vector<std::string> paths;
    for (const change& each : differences(before, after)) {
        EXPECT_TRUE(each.needs_restart);
        paths.push_back(each.path);
    }
    EXPECT_THAT(paths, ElementsAre("cache.mode", "cache.rules.a.ttl"));
    keep_what_needs_restart(after, before);
    EXPECT_THAT(differences(before, after), IsEmpty());
}

}  // namespace
}  // namespace pgweir::config

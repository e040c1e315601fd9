#include "admin/cache_entries.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "admin/cache_reasons.hpp"
#include "admin/table_rows.hpp"
#include "session/cache_key.hpp"

namespace pgweir::admin {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

std::vector<std::string> rows_of(const result_table& table) {
    std::string answer;
    table.append_to(answer);
    return test::rows_of(std::move(answer));
}

cache::memory_store::slot entry_of(const std::string& text, std::uint64_t hits, base::duration took) {
    cache::entry made;
    session::cache_key{.context = 5}.append_head(made.key);
    made.key += text;
    made.took = took;
    return {.what = std::make_shared<const cache::entry>(std::move(made)), .hits = hits};
}

TEST(cache_entries_test, those_that_save_most_come_first_and_the_others_are_left_out) {
    relay::cache_domain cache("db:5432/app", {}, 17, {});
    best_entries best(3);
    for (int i = 0; i < 100; ++i) best.add(cache, entry_of("seldom", 0, std::chrono::seconds(9)));
    best.add(cache, entry_of("often", 1000, std::chrono::milliseconds(1)));
    for (int i = 0; i < 100; ++i) best.add(cache, entry_of("cheap", 500, std::chrono::nanoseconds(1)));
    best.add(cache, entry_of("dear", 2, std::chrono::seconds(1)));
    EXPECT_THAT(rows_of(best.table({}, base::time_point())),
                ElementsAre(StartsWith("dear|~|~|~|"), StartsWith("often|"), StartsWith("cheap|")));
}

TEST(cache_entries_test, rules_are_shown_in_their_order_with_what_no_rule_is_about_behind) {
    cache::settings how;
    how.mode = cache::mode::automatic;
    how.rules.resize(2);
    how.rules[0].name = "first";
    how.rules[0].tables = {"a", "shop.b"};
    how.rules[1].name = "second";
    how.rules[1].ttl = base::off;
    how.rules[1].shared_by = cache::audience::all_users;
    how.rules[1].largest_reply = 4096;
    relay::cache_domain cache("db:5432/app", how, 17, {});
    EXPECT_THAT(rows_of(show_cache_rules({&cache})),
                ElementsAre("db:5432/app|1|first|a, shop.b|||*|5m|fleet|off|one_user|1048576|on|0|0|0",
                            "db:5432/app|2|second||||*|off|fleet|off|all_users|4096|on|0|0|0",
                            "db:5432/app|~|~|~|~|~|~|1m|fleet|off|one_user|1048576|on|0|0|0"));
}

TEST(cache_entries_test, statements_are_shortened) {
    EXPECT_EQ(shortened("SELECT 1\n\t  FROM x"), "SELECT 1 FROM x");
    EXPECT_EQ(shortened(std::string(200, 'a')), std::string(200, 'a'));
    EXPECT_EQ(shortened(std::string(201, 'a')), std::string(200, 'a') + "...");
    EXPECT_EQ(shortened(std::string(199, 'a') + "ü"), std::string(199, 'a') + "...") << "no half characters";
    EXPECT_EQ(shortened("SELECT PassWord"), "(not shown: it speaks of a password)");
}

TEST(cache_entries_test, every_reason_has_a_sentence) {
    for (std::size_t i = 0; i < metrics::enum_size<metrics::cache_bypass>; ++i) {
        const auto why = static_cast<metrics::cache_bypass>(i);
        EXPECT_THAT(std::string(sentence_of(why)), testing::EndsWith(".")) << metrics::name_of(why);
    }
}

}  // namespace
}  // namespace pgweir::admin

#include "cache/lifetime.hpp"

#include <gtest/gtest.h>

#include "cache/cache_lab.hpp"

// How old a reply may be, by rules and by hints in front of statements.

namespace pgweir::cache {
namespace {

using namespace std::chrono_literals;
using test::cache_lab;

constexpr relation_id product = 100;

settings with(enum hints allowed, mode how = mode::automatic) {
    settings made;
    made.mode = how;
    made.hints = allowed;
    made.ttl = 60s;
    made.rules = {{.name = "kept", .tables = {}, .users = {}, .databases = {}, .pattern = "*", .ttl = 10s},
                  {.name = "kept out", .tables = {}, .users = {}, .databases = {}, .pattern = "*", .ttl = base::off}};
    return made;
}

sql::cache_hint ttl(base::duration wanted) {
    sql::cache_hint hint;
    hint.ttl = wanted;
    return hint;
}

TEST(lifetime, as_rules_say) {
    for (const enum hints allowed : {hints::off, hints::narrow, hints::widen}) {
        const lifetime automatic = lifetime_of(with(allowed), 0, {});
        EXPECT_EQ(automatic.usual, 60s);
        EXPECT_EQ(automatic.longest, 60s);
        EXPECT_EQ(lifetime_of(with(allowed), 1, {}).longest, 10s);
        EXPECT_EQ(lifetime_of(with(allowed), 2, {}).longest, base::off);
        EXPECT_EQ(lifetime_of(with(allowed, mode::rules), 0, {}).longest, base::off);
    }
}

TEST(lifetime, a_hint_makes_it_longer_where_it_may) {
    EXPECT_EQ(lifetime_of(with(hints::narrow), 1, ttl(1h)).longest, 10s);
    EXPECT_EQ(lifetime_of(with(hints::narrow, mode::rules), 0, ttl(1h)).longest, base::off);
    EXPECT_EQ(lifetime_of(with(hints::widen), 1, ttl(1h)).longest, 1h);
    EXPECT_EQ(lifetime_of(with(hints::widen), 1, ttl(1h)).usual, 10s) << "others are promised what the rule says";
    EXPECT_EQ(lifetime_of(with(hints::widen), 1, ttl(1s)).longest, 10s) << "others may have it for so long";
    EXPECT_EQ(lifetime_of(with(hints::widen, mode::rules), 0, ttl(1h)).longest, 1h);
    EXPECT_EQ(lifetime_of(with(hints::widen, mode::rules), 0, ttl(1h)).usual, base::off);
    EXPECT_EQ(lifetime_of(with(hints::widen), 2, ttl(1h)).longest, base::off) << "what a rule keeps out stays out";
}

TEST(lifetime, who_wants_it_younger_is_not_served_and_replaces_it) {
    cache_lab lab(with(hints::narrow));
    const auto find = [&](base::duration most) {
        const auto found = lab.store.find("a", asker_of(with(hints::narrow), ttl(most), lab.now));
        return found ? found->rows : "";
    };
    lab.keep("a", {product}, "old");
    lab.now += 5s;
    EXPECT_EQ(find(5s + 1ns), "old");
    EXPECT_EQ(find(5s), "");
    EXPECT_EQ(lab.find("a"), "old") << "it is there for everybody else";
    const auto anew = lab.begin("a", {product});
    ASSERT_EQ(anew.how, result_cache::start::fill);
    lab.complete(anew.flight, "new");
    EXPECT_EQ(find(1ns), "new");
    EXPECT_EQ(lab.find("a"), "new");
}

TEST(lifetime, what_is_kept_longer_by_a_hint_is_for_who_says_so) {
    cache_lab lab;
    const auto begun = lab.begin("a", {product});
    entry reply;
    reply.rows = "rows";
    reply.created = lab.now;
    reply.fresh_until = lab.now + 10s;
    reply.expires = lab.now + 1h;
    static_cast<void>(lab.store.complete(begun.flight, reply));
    const auto find = [&](const asker& who) { return lab.store.find("a", who) != nullptr; };
    lab.now += 10s - 1ns;
    EXPECT_EQ(lab.find("a"), "rows");
    lab.now += 1ns;
    EXPECT_EQ(lab.find("a"), "");
    EXPECT_TRUE(find(asker_of(with(hints::widen), ttl(1h), lab.now))) << "and it was not dropped";
    EXPECT_FALSE(find(asker_of(with(hints::narrow), ttl(1h), lab.now)));
    EXPECT_FALSE(find(asker_of(with(hints::widen), ttl(9s), lab.now)));
    lab.now += 1h;
    EXPECT_FALSE(find(asker_of(with(hints::widen), ttl(24h), lab.now)));
    EXPECT_EQ(lab.look().entries, 0U);
}

TEST(lifetime, who_refreshes_does_not_join_and_what_began_before_is_not_kept) {
    cache_lab lab;
    const std::vector<relation_id> reads{product};
    const auto before = lab.begin("a", reads, 1);
    EXPECT_EQ(lab.begin("a", reads, 2).how, result_cache::start::joined);
    const auto anew = lab.store.begin({.key = "a", .depends_on = reads, .rule = 1, .anew = true}, 3);
    ASSERT_EQ(anew.how, result_cache::start::fill);
    lab.complete(anew.flight, "new");
    EXPECT_EQ(lab.complete(before.flight, "old"), cache_lab::clients{2});
    EXPECT_EQ(lab.find("a"), "new");
    EXPECT_EQ(lab.look().flights, 0U);
}

TEST(lifetime, who_may_not_refresh_takes_nothing_away) {
    cache_lab lab;
    const std::vector<relation_id> reads{product};
    const auto before = lab.begin("a", reads, 1);
    lab.store.mark(cache_lab::writes({product}));
    const auto anew = lab.store.begin({.key = "a", .depends_on = reads, .rule = 1, .anew = true}, 3);
    EXPECT_EQ(anew.how, result_cache::start::marked);
    lab.store.unmark(cache_lab::writes({product}));
    lab.complete(before.flight, "rows");
    EXPECT_EQ(lab.find("a"), "rows");
}

TEST(lifetime, what_is_being_refreshed_can_be_joined) {
    cache_lab lab;
    const std::vector<relation_id> reads{product};
    const auto before = lab.begin("a", reads, 1);
    const auto anew = lab.store.begin({.key = "a", .depends_on = reads, .rule = 1, .anew = true}, 3);
    EXPECT_EQ(lab.begin("a", reads, 4).how, result_cache::start::joined);
    EXPECT_TRUE(lab.complete(before.flight, "old").empty()) << "who waits, waits for the new one";
    EXPECT_EQ(lab.begin("a", reads, 5).how, result_cache::start::joined);
    EXPECT_EQ(lab.complete(anew.flight, "new"), (cache_lab::clients{4, 5}));
}

}  // namespace
}  // namespace pgweir::cache

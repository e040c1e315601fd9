#include "sql/memo.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::sql {

namespace {

memo::facts_pointer some_facts(std::uint32_t parameters = 0) {
    statement_facts facts;
    facts.parameters = parameters;
    return std::make_shared<const statement_facts>(std::move(facts));
}

TEST(memo, finds_what_was_kept) {
    memo known(1 << 20, 7);
    EXPECT_EQ(known.find("a"), nullptr);
    const memo::facts_pointer facts = some_facts();
    known.keep("a", facts);
    EXPECT_EQ(known.find("a"), facts);
    EXPECT_EQ(known.find("A"), nullptr);
    EXPECT_EQ(known.hits(), 1U);
    EXPECT_EQ(known.misses(), 2U);
    EXPECT_EQ(known.size(), 1U);
}

TEST(memo, replaces) {
    memo known(1 << 20, 7);
    known.keep("a", some_facts(1));
    const std::size_t bytes = known.bytes();
    known.keep("a", some_facts(2));
    EXPECT_EQ(known.find("a")->parameters, 2U);
    EXPECT_EQ(known.size(), 1U);
    EXPECT_EQ(known.bytes(), bytes);
}

TEST(memo, forgets_the_least_recently_used) {
    memo measure(1 << 20, 7);
    measure.keep("a", some_facts());
    memo known(3 * measure.bytes(), 7);
    for (const char* shape : {"a", "b", "c"}) known.keep(shape, some_facts());
    EXPECT_NE(known.find("a"), nullptr);
    const memo::facts_pointer held = known.find("b");
    EXPECT_NE(known.find("a"), nullptr);
    known.keep("d", some_facts());  // c goes
    known.keep("e", some_facts());  // b goes
    EXPECT_EQ(known.find("c"), nullptr);
    EXPECT_EQ(known.find("b"), nullptr);
    EXPECT_NE(known.find("a"), nullptr);
    EXPECT_EQ(known.size(), 3U);
    EXPECT_LE(known.bytes(), 3 * measure.bytes());
    EXPECT_EQ(held->parameters, 0U);  // who has the facts keeps them
}

TEST(memo, does_not_keep_what_is_too_large) {
    memo known(2000, 7);
    known.keep("a", some_facts());
    known.keep(std::string(3000, 'x'), some_facts());
    EXPECT_NE(known.find("a"), nullptr);
    EXPECT_EQ(known.size(), 1U);
    // Nor does it keep the old facts of such a shape.
    memo none(0, 7);
    none.keep("a", some_facts());
    EXPECT_EQ(none.size(), 0U);
    EXPECT_EQ(none.bytes(), 0U);
}

}  // namespace

}  // namespace pgweir::sql

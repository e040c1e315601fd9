#include "session/statements.hpp"

#include <gtest/gtest.h>

namespace pgweir::test {
namespace {

using session::prepared_statement;
using session::server_statements;
using presence = server_statements::presence;

TEST(PreparedStatement, IsWhatParsingDependsOn) {
    base::interner texts;
    const auto one = prepared_statement::make(texts, "", "public", "SELECT 1");
    EXPECT_EQ(one, prepared_statement::make(texts, "", "public", "SELECT 1"));
    EXPECT_FALSE(one == prepared_statement::make(texts, "", "other", "SELECT 1"));
    EXPECT_FALSE(one == prepared_statement::make(texts, {"\0\0\0\x17", 4}, "public", "SELECT 1"));
    EXPECT_FALSE(one == prepared_statement::make(texts, "", "publi", "cSELECT 1"));
    EXPECT_EQ(one.text(), "SELECT 1");
    EXPECT_EQ(prepared_statement::make(texts, "abcd", "x", "y").parameter_types(), "abcd");
}

TEST(ServerStatements, LeastRecentlyUsedGoesFirst) {
    base::interner texts;
    const auto made = [&texts](const char* text) { return prepared_statement::make(texts, "", "", text); };
    const auto a = made("a");
    const auto b = made("b");
    const auto c = made("c");
    server_statements there;
    EXPECT_FALSE(there.add(a, 2));
    EXPECT_FALSE(there.add(b, 2));
    EXPECT_TRUE(there.contains(a));
    const auto evicted = there.add(c, 2);
    ASSERT_TRUE(evicted);
    EXPECT_EQ(*evicted, b);
    EXPECT_EQ(there.state_of(b), presence::absent);
    there.add_last(b);
    EXPECT_EQ(*there.add(made("d"), 3), b) << "it came back as the least recently used";
    EXPECT_EQ(there.size(), 3U);
}

TEST(ServerStatements, OutdatedOnesArePreparedAnew) {
    base::interner texts;
    const auto a = prepared_statement::make(texts, "", "", "a");
    server_statements there;
    there.add(a, 10);
    there.outdate_all();
    EXPECT_EQ(there.state_of(a), presence::outdated);
    EXPECT_FALSE(there.contains(a));
    there.remove(a);
    there.add(a, 10);
    EXPECT_EQ(there.state_of(a), presence::current);
}

TEST(ClientStatements, NamesAreTheClientsOwn) {
    base::interner texts;
    session::client_statements known;
    EXPECT_TRUE(known.add("s", {.statement = prepared_statement::make(texts, "", "", "a"), .description = {}}));
    EXPECT_FALSE(known.add("s", {}));
    EXPECT_EQ(known.find("s")->statement.text(), "a");
    EXPECT_TRUE(known.remove("s"));
    EXPECT_FALSE(known.remove("s"));
    known.set_unnamed("x", "", sql::effect::none);
    const auto generation = known.no_name().generation;
    known.clear();
    EXPECT_FALSE(known.no_name().present);
    known.set_unnamed("x", "", sql::effect::none);
    EXPECT_NE(known.no_name().generation, generation);
}

}  // namespace
}  // namespace pgweir::test

#include "admin/cache_arguments.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::admin {
namespace {

using name = sql::qualified_name;

TEST(cache_arguments_test, clear) {
    for (const char* all : {"", "  ", "ALL", "all", " All "}) {
        const auto read = clear_arguments::read(all);
        ASSERT_TRUE(read) << all;
        EXPECT_FALSE(read->table || read->rule) << all;
    }
    EXPECT_EQ(clear_arguments::read("TABLE users")->table, (name{"", "users"}));
    EXPECT_EQ(clear_arguments::read("table  Public.Users")->table, (name{"public", "users"}));
    EXPECT_EQ(clear_arguments::read(R"(TABLE "My Schema"."a""b")")->table, (name{"My Schema", "a\"b"}));
    EXPECT_EQ(clear_arguments::read("RULE hot-users")->rule, "hot-users");
    EXPECT_EQ(clear_arguments::read("rule Hot users")->rule, "Hot users");
    EXPECT_EQ(clear_arguments::read(R"(RULE "a ""b""")")->rule, "a \"b\"");
    EXPECT_EQ(clear_arguments::read("RULE 'it''s'")->rule, "it's");
}

TEST(cache_arguments_test, clear_what_is_no_such_thing) {
    for (const char* text : {"users", "TABLE", "TABLE ", "TABLE a.b.c", "TABLE a b", "TABLE 'a'", "TABLE a.", "RULE",
                             "RULE \"a", "ALL users", "TABLE a; TABLE b"})
        EXPECT_FALSE(clear_arguments::read(text)) << text;
}

TEST(cache_arguments_test, explain_a_statement) {
    const auto plain = explain_arguments::read(" SELECT 1");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->statement, "SELECT 1");
    EXPECT_FALSE(plain->database || plain->user || plain->role || plain->search_path);
    for (const char* text : {"(SELECT 1)", "((SELECT 1))", "( VALUES (1) )", "(TABLE users)", "(\"database\")"})
        EXPECT_EQ(explain_arguments::read(text)->statement, text);
}

TEST(cache_arguments_test, explain_with_options) {
    const auto all = explain_arguments::read(
        "(database App, USER \"Eve\", role 'it''s', search_path 'a, \"B\"')\n  SELECT ')' FROM x");
    ASSERT_TRUE(all);
    EXPECT_EQ(all->database, "app");
    EXPECT_EQ(all->user, "Eve");
    EXPECT_EQ(all->role, "it's");
    EXPECT_EQ(all->search_path, "a, \"B\"");
    EXPECT_EQ(all->statement, "SELECT ')' FROM x");
    EXPECT_EQ(explain_arguments::read("(DATABASE a)(SELECT 1)")->statement, "(SELECT 1)");
}

TEST(cache_arguments_test, explain_what_is_no_such_thing) {
    for (const char* text :
         {"", "  ", "(DATABASE app)", "(DATABASE app) ", "(DATABASE) SELECT 1", "(DATABASE a b) SELECT 1",
          "(DATABASE a, DATABASE b) SELECT 1", "(DATABASE a, COLOUR b) SELECT 1", "(DATABASE a SELECT 1",
          "(DATABASE 1) SELECT 1", "(USER E'a') SELECT 1", "(DATABASE a,"})
        EXPECT_FALSE(explain_arguments::read(text)) << text;
}

}  // namespace
}  // namespace pgweir::admin

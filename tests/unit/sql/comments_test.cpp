#include "sql/comments.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/tokens.hpp"

namespace pgweir::sql {
namespace {

std::string stripped(std::string_view text, bool conforming = true) {
    std::string out = "key ";  // what was there stays
    append_without_comments(out, text, conforming);
    EXPECT_EQ(out.substr(0, 4), "key ");
    return out.substr(4);
}

TEST(comments, none) {
    for (const char* text : {"", " ", "SELECT 1", " SELECT  1 ;\n", "SELECT a - -1, 2 / 3 * 4"})
        EXPECT_EQ(stripped(text), text);
}

TEST(comments, one_blank_in_place_of_each) {
    EXPECT_EQ(stripped("SELECT/* a */1"), "SELECT 1");
    EXPECT_EQ(stripped("SELECT \n /* a */ \t -- b\n 1"), "SELECT 1");
    EXPECT_EQ(stripped("SELECT /* a /* b */ c */ 1"), "SELECT 1");
    EXPECT_EQ(stripped("SELECT  1, /* a */ 2"), "SELECT  1, 2") << "white space alone is left as it is";
}

TEST(comments, none_at_the_ends) {
    EXPECT_EQ(stripped("/* trace 1 */ SELECT 1"), "SELECT 1");
    EXPECT_EQ(stripped("-- a\n\n/* b */SELECT 1 -- c"), "SELECT 1");
    EXPECT_EQ(stripped("SELECT 1; /* a */"), "SELECT 1;");
    EXPECT_EQ(stripped("/* only */"), "");
    EXPECT_EQ(stripped("--"), "");
}

TEST(comments, not_in_what_is_quoted) {
    for (const char* text : {"SELECT '-- a'", "SELECT '/* a */'", "SELECT \"--\"", "SELECT $$ -- $$",
                             "SELECT $a$/**/$a$", "SELECT E'\\'-- '", "SELECT U&\"/*\""})
        EXPECT_EQ(stripped(text), text);
    EXPECT_EQ(stripped("SELECT '--' -- a\n, '/*' /* b */"), "SELECT '--' , '/*'");
}

// Literals on two lines are one, and the comment between them a part of it.
TEST(comments, between_the_parts_of_a_literal) {
    EXPECT_EQ(stripped("SELECT 'a' -- x\n 'b'"), "SELECT 'a' -- x\n 'b'");
    EXPECT_NE(stripped("SELECT 'a' /* x */ 'b'"), stripped("SELECT 'a'\n'b'"));
}

TEST(comments, backslashes) {
    EXPECT_EQ(stripped("SELECT '\\' -- a'"), "SELECT '\\'");
    EXPECT_EQ(stripped("SELECT '\\' -- a'", false), "SELECT '\\' -- a'");
}

TEST(comments, what_is_never_closed_stays) {
    for (const char* text :
         {"SELECT 1 /* a", "SELECT 'a /* b", "SELECT $$ -- a", "/* /* */ SELECT 1", "SELECT /* a */ 'b"})
        EXPECT_EQ(stripped(text), text);
}

/// The tokens, each with whether it touches the one before: `< >` is not `<>`. "open" when something is never closed.
std::vector<std::string> read(std::string_view text, bool conforming) {
    std::vector<std::string> all;
    tokens source(text, conforming);
    const char* end = text.data();
    for (token next = source.next(); next.kind != token_kind::end; next = source.next()) {
        const bool touches = !all.empty() && next.text.data() == end;
        all.push_back((touches ? "+" : " ") + std::to_string(static_cast<int>(next.kind)) + std::string(next.text));
        end = next.text.data() + next.text.size();
    }
    if (source.ended_inside()) all.emplace_back("open");
    return all;
}

// Whatever the pieces are put together to.
TEST(comments, tokens_are_the_same) {
    static constexpr std::array<std::string_view, 44> pieces{
        "SELECT", "a",  "b1",    "1",    "1.",   ".5",         "e5",      "$1",    "$",  "'x'",   "''",
        "'it''s", "'",  "E'\\'", "N'x'", "b'1'", "U&'d'",      "U&\"d\"", "\"q\"", "\"", "$$b$$", "$t$",
        "--c\n",  "--", "/*c*/", "/*",   "*/",   "/* /* */*/", "\n",      " ",     "\t", "\r",    "\v",
        "<",      ">",  "-",     "*",    "/",    "(",          ";",       "\\",    "@",  "'-- '", "'/*'"};
    std::mt19937 random(1);
    std::map<std::string, std::vector<std::string>> seen[2];
    for (int round = 0; round < 200000; ++round) {
        std::string text;
        const std::size_t count = 1 + random() % 9;
        for (std::size_t i = 0; i < count; ++i) text += pieces[random() % pieces.size()];
        for (const bool conforming : {false, true}) {
            const auto wanted = read(text, conforming);
            const std::string without = stripped(text, conforming);
            ASSERT_EQ(read(without, conforming), wanted) << "of " << testing::PrintToString(text);
            ASSERT_LE(without.size(), text.size());
            ASSERT_EQ(stripped(without, conforming), without) << "of " << testing::PrintToString(text);
            const auto& first = seen[conforming].try_emplace(without, wanted).first->second;
            ASSERT_EQ(first, wanted) << "two texts became " << without;
        }
    }
}

}  // namespace
}  // namespace pgweir::sql

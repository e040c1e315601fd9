#include "sql/tokens.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pgweir::sql {
namespace {

using testing::ElementsAre;

constexpr const char* name_of(token_kind kind) {
    constexpr const char* names[] = {"end", "word", "quoted", "string", "number", "parameter", "symbol", "semicolon"};
    return names[static_cast<std::size_t>(kind)];
}

// "kind text" for each token up to the end.
std::vector<std::string> split(std::string_view text, bool standard_conforming_strings = true) {
    // A copy of the exact size, so that a sanitizer sees a read beyond the end.
    const std::vector<char> exact(text.begin(), text.end());
    tokens source(std::string_view(exact.data(), exact.size()), standard_conforming_strings);
    std::vector<std::string> found;
    for (token t = source.next(); t.kind != token_kind::end; t = source.next())
        found.push_back(std::string(name_of(t.kind)) + " " + std::string(t.text));
    EXPECT_EQ(source.next().kind, token_kind::end);
    return found;
}

TEST(tokens, words_numbers_and_symbols) {
    EXPECT_THAT(split("SELECT a.b_1$, 12.5e-3 FROM t;"),
                ElementsAre("word SELECT", "word a", "symbol .", "word b_1$", "symbol ,", "number 12.5e-3", "word FROM",
                            "word t", "semicolon ;"));
    EXPECT_THAT(split(".5 1. 1e5 1e 1else 0x1F"),
                ElementsAre("number .5", "number 1.", "number 1e5", "number 1", "word e", "number 1", "word else",
                            "number 0", "word x1F"));
    EXPECT_THAT(split("1from"), ElementsAre("number 1", "word from"));
    EXPECT_THAT(split("a\xc3\xa9z"), ElementsAre("word a\xc3\xa9z"));
    EXPECT_THAT(split("$1$2a $$"), ElementsAre("parameter $1", "parameter $2", "word a"));
}

TEST(tokens, nothing_there) {
    EXPECT_THAT(split(""), ElementsAre());
    EXPECT_THAT(split(" \t\r\n\f\v"), ElementsAre());
    EXPECT_THAT(split("-- a comment"), ElementsAre());
    EXPECT_THAT(split("/* a /* nested */ comment */"), ElementsAre());
}

TEST(tokens, plain_strings) {
    EXPECT_THAT(split("'a''b' x"), ElementsAre("string 'a''b'", "word x"));
    EXPECT_THAT(split(R"('a\' x)"), ElementsAre(R"(string 'a\')", "word x"));
    EXPECT_THAT(split(R"('a\' x', y)", false), ElementsAre(R"(string 'a\' x')", "symbol ,", "word y"));
    EXPECT_THAT(split("'' x"), ElementsAre("string ''", "word x"));
    EXPECT_THAT(split("N'a' n'b'"), ElementsAre("string N'a'", "string n'b'"));
    EXPECT_THAT(split(R"(N'a\' x', y)", false), ElementsAre(R"(string N'a\' x')", "symbol ,", "word y"));
}

TEST(tokens, escape_strings) {
    EXPECT_THAT(split(R"(E'a\'b' x)"), ElementsAre(R"(string E'a\'b')", "word x"));
    EXPECT_THAT(split(R"(e'a\\' x)"), ElementsAre(R"(string e'a\\')", "word x"));
    EXPECT_THAT(split(R"(e'a''\'' x)"), ElementsAre(R"(string e'a''\'')", "word x"));
    // The letter is a prefix only when it is the whole word.
    EXPECT_THAT(split(R"(the'a\' x)"), ElementsAre("word the", R"(string 'a\')", "word x"));
    EXPECT_THAT(split(R"(E 'a\' x)"), ElementsAre("word E", R"(string 'a\')", "word x"));
}

TEST(tokens, bit_strings_do_not_double_quotes_nor_escape) {
    EXPECT_THAT(split("B'01''1' x'1f'"), ElementsAre("string B'01'", "string '1'", "string x'1f'"));
    EXPECT_THAT(split(R"(X'\' y)", false), ElementsAre(R"(string X'\')", "word y"));
}

TEST(tokens, unicode_forms) {
    EXPECT_THAT(split(R"(U&'d\0061' u&"d!0061" UESCAPE '!')"),
                ElementsAre(R"(string U&'d\0061')", R"(quoted u&"d!0061")", "word UESCAPE", "string '!'"));
    EXPECT_THAT(split("u & 'a'"), ElementsAre("word u", "symbol &", "string 'a'"));
    EXPECT_THAT(split("u&b"), ElementsAre("word u", "symbol &", "word b"));
    EXPECT_THAT(split("u&"), ElementsAre("word u", "symbol &"));
}

TEST(tokens, a_literal_goes_on_behind_a_line_break) {
    EXPECT_THAT(split("'a'\n 'b' x"), ElementsAre("string 'a'\n 'b'", "word x"));
    EXPECT_THAT(split("'a' -- comment\n  -- another\r 'b'"), ElementsAre("string 'a' -- comment\n  -- another\r 'b'"));
    EXPECT_THAT(split("'a' 'b'"), ElementsAre("string 'a'", "string 'b'"));
    EXPECT_THAT(split("'a' /* \n */ 'b'"), ElementsAre("string 'a'", "string 'b'"));
    // The second part is read like the first: here the backslash still escapes.
    EXPECT_THAT(split("E'a'\n'b\\' x' y"), ElementsAre("string E'a'\n'b\\' x'", "word y"));
    EXPECT_THAT(split("'a'\nE'b'"), ElementsAre("string 'a'", "string E'b'"));
}

TEST(tokens, dollar_quotes) {
    EXPECT_THAT(split("$$a'b;$$ x"), ElementsAre("string $$a'b;$$", "word x"));
    EXPECT_THAT(split("$tag$ a $$ b $ta$ c $tag$x"), ElementsAre("string $tag$ a $$ b $ta$ c $tag$", "word x"));
    EXPECT_THAT(split("$t$$t$ $t$ $$t$"), ElementsAre("string $t$$t$", "string $t$ $$t$"));
    EXPECT_THAT(split("$TAG$ $tag$ $TAG$"), ElementsAre("string $TAG$ $tag$ $TAG$"));
    EXPECT_THAT(split("a$b$c"), ElementsAre("word a$b$c"));
    EXPECT_THAT(split("$a b"), ElementsAre("symbol $", "word a", "word b"));
    EXPECT_THAT(split("1$$a$$"), ElementsAre("number 1", "string $$a$$"));
}

TEST(tokens, quoted_identifiers) {
    EXPECT_THAT(split(R"("a ""b"" ;" x)"), ElementsAre(R"(quoted "a ""b"" ;")", "word x"));
    EXPECT_THAT(split(R"("a\" x)"), ElementsAre(R"(quoted "a\")", "word x"));
}

TEST(tokens, comments) {
    EXPECT_THAT(split("a--b\nc"), ElementsAre("word a", "word c"));
    EXPECT_THAT(split("a--b\rc"), ElementsAre("word a", "word c"));
    EXPECT_THAT(split("a/*/*/b*/c*/d"), ElementsAre("word a", "word d"));
    EXPECT_THAT(split("a /*'*/ b"), ElementsAre("word a", "word b"));
    EXPECT_THAT(split("1-/**/-2"), ElementsAre("number 1", "symbol -", "symbol -", "number 2"));
    EXPECT_THAT(split("a */* b */ c"), ElementsAre("word a", "symbol *", "word c"));
    EXPECT_THAT(split("a //* b */ c"), ElementsAre("word a", "symbol /", "word c"));
    EXPECT_THAT(split("- /"), ElementsAre("symbol -", "symbol /"));
}

TEST(tokens, what_is_never_closed_ends_the_text) {
    for (const char* open :
         {"'a;b", "E'a\\'", "E'\\", "\"a;b", "U&\"a", "$$a;b", "$t$ $$ ;", "/* a; /* */", "/*", "/* *", "B'1", "'a''"})
        EXPECT_THAT(split("x " + std::string(open)), ElementsAre("word x")) << open;
}

TEST(tokens, any_prefix_of_a_text_is_read_within_its_bounds) {
    const std::string text = R"(SELECT E'\'' || $a$b$a$, U&"x"/*/**/*/ -- c
        , 'a'
          'b' FROM "t""u" WHERE x=$1 AND y>.5e+1;)";
    for (std::size_t size = 0; size <= text.size(); ++size)
        for (const bool conforming : {true, false}) split(std::string_view(text).substr(0, size), conforming);
}

TEST(tokens, identifier_value) {
    EXPECT_EQ(identifier_value("FooBar"), "foobar");
    EXPECT_EQ(identifier_value("\"FooBar\""), "FooBar");
    EXPECT_EQ(identifier_value("\"a\"\"b\""), "a\"b");
    EXPECT_EQ(identifier_value("U&\"A\""), "A");
    EXPECT_EQ(identifier_value(""), "");
}

}  // namespace
}  // namespace pgweir::sql

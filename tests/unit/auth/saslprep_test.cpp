#include "auth/saslprep.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::auth {
namespace {

TEST(saslprep, ascii_stays_as_it_is) {
    EXPECT_EQ(saslprep(""), "");
    EXPECT_EQ(saslprep("pass word"), "pass word");
    EXPECT_EQ(saslprep("\x01\x7f"), "\x01\x7f");
}

TEST(saslprep, letters_of_other_scripts_stay) {
    for (const std::string text : {"g\u00fcnther", "\u043f\u0430\u0440\u043e\u043b\u044c", "\U0001F600"})
        EXPECT_EQ(saslprep(text), text);
}

TEST(saslprep, other_spaces_become_a_space) {
    EXPECT_EQ(saslprep("a\u00a0b\u2003c\u200bd\u3000e"), "a b c d e");
}

TEST(saslprep, what_is_commonly_mapped_to_nothing_goes) {
    EXPECT_EQ(saslprep("I\u00adX"), "IX");  // RFC 4013 section 3, example 1
    EXPECT_EQ(saslprep("\ufeffa\u200db\ufe0f"), "ab");
}

TEST(saslprep, prohibited_characters_leave_the_raw_bytes) {
    for (const std::string text :
         {"\u00ad\u0080", "\u00ad\u2028", "\u00ad\ue000", "\u00ad\ufffd", "\u00ad\U0010FFFF", "\u00ad\u0007"})
        EXPECT_EQ(saslprep(text), text);
}

TEST(saslprep, text_that_would_vanish_stays) {
    EXPECT_EQ(saslprep("\u00ad\u2060"), "\u00ad\u2060");
}

TEST(saslprep, text_that_is_not_utf8_stays) {
    for (const std::string text :
         {"\u00ad\xff", "\u00ad\xc0\x80", "\u00ad\xc3", "\u00ad\xe0\x80\x80", "\u00ad\xed\xa0\x80",
          "\u00ad\xf4\x90\x80\x80", "\u00ad\xf0\x9f\x98", "\u00ad\x80", "\u00ad\xf8\x88\x80\x80"})
        EXPECT_EQ(saslprep(text), text);
}

}  // namespace
}  // namespace pgweir::auth

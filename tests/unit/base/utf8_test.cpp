#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace pgweir::base {
namespace {

TEST(is_utf8, shortest_forms_only) {
    for (const char* text : {"", "ascii", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf",
                             "\xf4\x8f\xbf\xbf", "\xe0\xa0\x80", "\xc2\x80"})
        EXPECT_TRUE(is_utf8(text)) << text;
    for (const char* text : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                             "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xe2\x82z", "\xc3z", "\xff"})
        EXPECT_FALSE(is_utf8(text)) << text;
}

TEST(utf8_character_length, of_the_first_character) {
    EXPECT_EQ(utf8_character_length(""), 0U);
    EXPECT_EQ(utf8_character_length("ab"), 1U);
    EXPECT_EQ(utf8_character_length("\xc3\xa9"
                                    "b"),
              2U);
    EXPECT_EQ(utf8_character_length("\xe2\x82\xac"), 3U);
    EXPECT_EQ(utf8_character_length("\xf0\x9f\x98\x80"), 4U);
    EXPECT_EQ(utf8_character_length("\xff"
                                    "ab"),
              0U);
}

}  // namespace
}  // namespace pgweir::base

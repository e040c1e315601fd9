#include "config/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgweir::config {
namespace {

using testing::HasSubstr;

TEST(is_utf8, shortest_forms_only) {
    for (const char* text : {"", "ascii", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf",
                             "\xf4\x8f\xbf\xbf", "\xe0\xa0\x80", "\xc2\x80"})
        EXPECT_TRUE(is_utf8(text)) << text;
    for (const char* text : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                             "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xe2\x82z", "\xc3z", "\xff"})
        EXPECT_FALSE(is_utf8(text)) << text;
}

TEST(parse_name, what_postgresql_can_hold) {
    EXPECT_EQ(*parse_name("app"), "app");
    EXPECT_EQ(*parse_name("My \"App\".$1"), "My \"App\".$1");
    EXPECT_EQ(*parse_name("caf\xc3\xa9"), "caf\xc3\xa9");
    EXPECT_TRUE(parse_name(std::string(63, 'n')));
    EXPECT_THAT(parse_name(std::string(64, 'n')).error(), HasSubstr("longer than 63"));
    EXPECT_THAT(parse_name("").error(), HasSubstr("empty"));
    EXPECT_THAT(parse_name("a\nb").error(), HasSubstr("control"));
    EXPECT_THAT(parse_name(std::string("a\0b", 3)).error(), HasSubstr("control"));
    EXPECT_THAT(parse_name("a\x7f").error(), HasSubstr("control"));
    EXPECT_THAT(parse_name("\x80").error(), HasSubstr("UTF-8"));
}

}  // namespace
}  // namespace pgweir::config

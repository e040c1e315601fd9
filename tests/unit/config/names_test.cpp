#include "config/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgweir::config {
namespace {

using testing::HasSubstr;

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

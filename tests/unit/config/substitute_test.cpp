#include "config/substitute.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgweir::config {
namespace {

using testing::HasSubstr;

const environment variables{{"A", "one"}, {"EMPTY", ""}, {"TRICKY", "${A} $$ }"}, {"_x9", "nine"}};

TEST(substitute, values_defaults_and_dollars) {
    EXPECT_EQ(*substitute("", variables), "");
    EXPECT_EQ(*substitute("${A}", variables), "one");
    EXPECT_EQ(*substitute("<${A}${_x9}>", variables), "<onenine>");
    EXPECT_EQ(*substitute("${B:-two}", variables), "two");
    EXPECT_EQ(*substitute("${A:-two}", variables), "one");
    EXPECT_EQ(*substitute("${EMPTY}", variables), "");
    EXPECT_EQ(*substitute("${EMPTY:-two}", variables), "two");
    EXPECT_EQ(*substitute("${B:-}", variables), "");
    EXPECT_EQ(*substitute("${B:-a:-b}", variables), "a:-b");
    EXPECT_EQ(*substitute("$${A}", variables), "${A}");
    EXPECT_EQ(*substitute("a$$b", variables), "a$b");
}

TEST(substitute, a_lone_dollar_is_itself) {
    EXPECT_EQ(*substitute("SCRAM-SHA-256$4096:salt$stored:server", variables), "SCRAM-SHA-256$4096:salt$stored:server");
    EXPECT_EQ(*substitute("$A$", variables), "$A$");
}

TEST(substitute, what_is_put_in_is_final) {
    EXPECT_EQ(*substitute("${TRICKY}", variables), "${A} $$ }");
}

TEST(substitute, what_is_wrong) {
    EXPECT_THAT(substitute("${B}", variables).error(), HasSubstr("environment variable B is not set"));
    EXPECT_THAT(substitute("${A", variables).error(), HasSubstr("${ without }"));
    EXPECT_THAT(substitute("${}", variables).error(), HasSubstr("are understood"));
    EXPECT_THAT(substitute("${9}", variables).error(), HasSubstr("are understood"));
    EXPECT_THAT(substitute("${A?}", variables).error(), HasSubstr("are understood"));
    EXPECT_THAT(substitute("${A:?no}", variables).error(), HasSubstr("are understood"));
    EXPECT_THAT(substitute("${B:-${A}}", variables).error(), HasSubstr("cannot hold another"));
}

}  // namespace
}  // namespace pgweir::config

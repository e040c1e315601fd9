#include "config/values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace pgweir::config {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(parse_duration, units_alone_and_together) {
    EXPECT_EQ(*parse_duration("250ms"), 250ms);
    EXPECT_EQ(*parse_duration("5s"), 5s);
    EXPECT_EQ(*parse_duration("1h30m"), 90min);
    EXPECT_EQ(*parse_duration("2d"), 48h);
    EXPECT_EQ(*parse_duration("7us"), 7us);
    EXPECT_EQ(*parse_duration("1d2h3m4s5ms6us"), 26h + 3min + 4s + 5ms + 6us);
    EXPECT_EQ(*parse_duration("0s"), 0s);
    EXPECT_EQ(*parse_duration("90m"), 90min);
}

TEST(parse_duration, what_is_wrong) {
    EXPECT_THAT(parse_duration("30").error(),
                HasSubstr("\"30\" has no unit: write it with a unit, as 250ms, 5s or 1h30m"));
    EXPECT_THAT(parse_duration("1h30").error(), HasSubstr("has no unit"));
    EXPECT_THAT(parse_duration("").error(), HasSubstr("is not a duration"));
    EXPECT_THAT(parse_duration("soon").error(), HasSubstr("is not a duration"));
    EXPECT_THAT(parse_duration("-5s").error(), HasSubstr("is not a duration"));
    EXPECT_THAT(parse_duration("5 s").error(), HasSubstr("unknown unit"));
    EXPECT_THAT(parse_duration("5S").error(), HasSubstr("unknown unit"));
    EXPECT_THAT(parse_duration("5sec").error(), HasSubstr("unknown unit"));
    EXPECT_THAT(parse_duration("1.5s").error(), HasSubstr("1500ms"));
    EXPECT_THAT(parse_duration("30m1h").error(), HasSubstr("larger units first"));
    EXPECT_THAT(parse_duration("1s1s").error(), HasSubstr("larger units first"));
    EXPECT_THAT(parse_duration("106752d").error(), HasSubstr("too long"));
    EXPECT_THAT(parse_duration("99999999999999999999999s").error(), HasSubstr("too long"));
    EXPECT_TRUE(parse_duration("106751d"));  // the last whole day that 63 bits of nanoseconds hold
}

TEST(format_duration, is_read_back) {
    for (const base::duration each : {base::duration(250ms), base::duration(5s), base::duration(90min),
                                      base::duration(48h), base::duration(26h + 3min + 4s + 5ms + 6us)})
        EXPECT_EQ(*parse_duration(format_duration(each)), each);
    EXPECT_EQ(format_duration(90min), "1h30m");
    EXPECT_EQ(format_duration(base::off), "off");
}

TEST(parse_count, decimal_only) {
    EXPECT_EQ(*parse_count("0"), 0U);
    EXPECT_EQ(*parse_count("10000"), 10000U);
    EXPECT_THAT(parse_count("010").error(), HasSubstr("without the leading zero"));
    EXPECT_THAT(parse_count("0x10").error(), HasSubstr("is not a whole number"));
    EXPECT_THAT(parse_count("1_000").error(), HasSubstr("is not a whole number"));
    EXPECT_THAT(parse_count("-1").error(), HasSubstr("is not a whole number"));
    EXPECT_THAT(parse_count("+1").error(), HasSubstr("is not a whole number"));
    EXPECT_THAT(parse_count("1.0").error(), HasSubstr("is not a whole number"));
    EXPECT_THAT(parse_count(" 1").error(), HasSubstr("is not a whole number"));
    EXPECT_THAT(parse_count("").error(), HasSubstr("is not a whole number"));
    EXPECT_THAT(parse_count("18446744073709551616").error(), HasSubstr("too large"));
}

TEST(parse_size, binary_and_decimal) {
    EXPECT_EQ(*parse_size("512B"), 512U);
    EXPECT_EQ(*parse_size("64KiB"), 65536U);
    EXPECT_EQ(*parse_size("64MiB"), 67108864U);
    EXPECT_EQ(*parse_size("64kB"), 64000U);
    EXPECT_EQ(*parse_size("1GB"), 1000000000U);
    EXPECT_THAT(parse_size("64").error(), HasSubstr("has no unit"));
    EXPECT_THAT(parse_size("64M").error(), HasSubstr("unknown unit"));
    EXPECT_THAT(parse_size("64mb").error(), HasSubstr("unknown unit"));
    EXPECT_THAT(parse_size("big").error(), HasSubstr("is not a size"));
    EXPECT_THAT(parse_size("9000000000TiB").error(), HasSubstr("too large"));
}

TEST(parse_bool, only_true_and_false) {
    EXPECT_TRUE(*parse_bool("true"));
    EXPECT_FALSE(*parse_bool("false"));
    for (const char* text : {"yes", "on", "y", "1", "True", "off", ""}) EXPECT_FALSE(parse_bool(text)) << text;
}

}  // namespace
}  // namespace pgweir::config

#include <gtest/gtest.h>

#include "wire/exact_copy.hpp"
#include "wire/startup.hpp"

namespace pgweir::wire {

void PrintTo(const startup_option& option, std::ostream* out) {
    *out << option.name << '=' << option.value;
}

namespace {

using option_list = std::vector<startup_option>;

option_list parsed(std::string_view options) {
    const test::exact_copy copy(options);
    auto found = parse_options(copy.view());
    EXPECT_TRUE(found) << options << ": " << found.error().message();
    return found ? *found : option_list{{"error", found.error().message()}};
}

std::error_code error_of(std::string_view options) {
    const test::exact_copy copy(options);
    return parse_options(copy.view()).error();
}

TEST(startup_options, reads_the_three_ways_to_write_a_setting) {
    const option_list expected{{"geqo", "off"}};
    EXPECT_EQ(parsed("-c geqo=off"), expected);
    EXPECT_EQ(parsed("-cgeqo=off"), expected);
    EXPECT_EQ(parsed("--geqo=off"), expected);
    EXPECT_EQ(parsed(" \t\n\v\f\r--geqo=off \r\n"), expected);
}

TEST(startup_options, reads_several_in_order) {
    EXPECT_EQ(parsed("-c search_path=a,b --work_mem=1MB  -cgeqo=on -c geqo=off"),
              (option_list{{"search_path", "a,b"}, {"work_mem", "1MB"}, {"geqo", "on"}, {"geqo", "off"}}));
}

TEST(startup_options, reads_nothing_as_nothing) {
    EXPECT_EQ(parsed(""), option_list{});
    EXPECT_EQ(parsed("  \t "), option_list{});
    EXPECT_EQ(parsed("--"), option_list{});
    EXPECT_EQ(parsed("-c a=b --"), (option_list{{"a", "b"}}));
}

TEST(startup_options, takes_dashes_in_names_for_underscores) {
    EXPECT_EQ(parsed("--statement-timeout=5-6 -c lock-timeout=1"),
              (option_list{{"statement_timeout", "5-6"}, {"lock_timeout", "1"}}));
}

TEST(startup_options, a_backslash_makes_the_next_character_plain) {
    EXPECT_EQ(parsed(R"(-c application_name=a\ b\\c\d)"), (option_list{{"application_name", R"(a b\cd)"}}));
    EXPECT_EQ(parsed(R"(--DateStyle=ISO,\ MDY)"), (option_list{{"DateStyle", "ISO, MDY"}}));
    EXPECT_EQ(parsed("-c a=b\\"), (option_list{{"a", "b"}}));
    EXPECT_EQ(parsed(R"(-c a=\\\ )"), (option_list{{"a", R"(\ )"}}));
}

TEST(startup_options, values_may_hold_equal_signs_or_nothing) {
    EXPECT_EQ(parsed("-c a=b=c --d="), (option_list{{"a", "b=c"}, {"d", ""}}));
}

TEST(startup_options, wants_a_value) {
    EXPECT_EQ(error_of("-c geqo"), error_code::missing_option_value);
    EXPECT_EQ(error_of("-cgeqo"), error_code::missing_option_value);
    EXPECT_EQ(error_of("--geqo"), error_code::missing_option_value);
    EXPECT_EQ(error_of("-c --"), error_code::missing_option_value);
    EXPECT_EQ(error_of("-c geqo = off"), error_code::missing_option_value);
}

TEST(startup_options, refuses_everything_else) {
    for (const char* options : {"-c", "-c a=b -c", "geqo=off", "-", "-d 5", "-e", "-fs", "-c a=b stray", "-- -c a=b",
                                "--=5", "-c =5", "\\", "'-c a=b'", "-B 100"}) {
        EXPECT_EQ(error_of(options), error_code::bad_option) << options;
    }
}

}  // namespace
}  // namespace pgweir::wire

#include "cli/table_json.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::cli {
namespace {

std::string one_value(const std::optional<std::string>& value, bool is_number = false) {
    const std::string text = to_json({{{"c", is_number}}, {{value}}});
    constexpr std::string_view before = "[\n  {\"c\": ";
    constexpr std::string_view after = "}\n]\n";
    EXPECT_TRUE(text.starts_with(before) && text.ends_with(after)) << text;
    return text.substr(before.size(), text.size() - before.size() - after.size());
}

TEST(table_json_test, an_object_for_each_row) {
    EXPECT_EQ(to_json({{{"name"}, {"n", true}}, {{"a", "1"}, {std::nullopt, "2"}}}),
              "[\n"
              "  {\"name\": \"a\", \"n\": 1},\n"
              "  {\"name\": null, \"n\": 2}\n"
              "]\n");
}

TEST(table_json_test, without_rows_the_array_is_empty) {
    EXPECT_EQ(to_json({{{"a"}}, {}}), "[]\n");
    EXPECT_EQ(to_json({}), "[]\n");
}

TEST(table_json_test, only_what_json_reads_as_an_integer_is_a_number) {
    for (const char* text : {"0", "7", "-7", "18446744073709551615"}) EXPECT_EQ(one_value(text, true), text);
    for (const char* text : {"", "-", "007", "-0x1", "1.5", "1e3", "+1", " 1", "NaN"})
        EXPECT_EQ(one_value(text, true), '"' + std::string(text) + '"');
    EXPECT_EQ(one_value("7", false), "\"7\"") << "a name of digits stays a name";
    EXPECT_EQ(one_value(std::nullopt, true), "null");
}

TEST(table_json_test, whatever_a_value_holds_it_is_one_string) {
    EXPECT_EQ(one_value("say \"hi\" \\"), "\"say \\\"hi\\\" \\\\\"");
    EXPECT_EQ(one_value("\n\x1b\x7f"), "\"\\u000a\\u001b\\u007f\"");
    EXPECT_EQ(one_value("Zo\xc3\xab \xff"), "\"Zo\xc3\xab \\ufffd\"");
    EXPECT_EQ(one_value(std::string("\0", 1)), "\"\\u0000\"");
}

TEST(table_json_test, names_are_strings_as_values_are) {
    EXPECT_EQ(to_json({{{"a\"b"}}, {{"x"}}}), "[\n  {\"a\\\"b\": \"x\"}\n]\n");
}

}  // namespace
}  // namespace pgweir::cli

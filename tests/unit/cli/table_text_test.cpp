#include "cli/table_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::cli {
namespace {

std::string one_cell(const std::string& value) {
    const std::string text = to_text({{{"c"}}, {{value}}});
    EXPECT_EQ(text.substr(0, 2), "c\n");
    return text.substr(2);
}

TEST(table_text_test, text_stands_to_the_left_and_numbers_to_the_right) {
    const console_table table{{{"database"}, {"cl_active", true}, {"mode"}},
                              {{"a", "12345678901", "session"}, {"a_long_name", "7", "x"}}};
    EXPECT_EQ(to_text(table),
              "database       cl_active  mode\n"
              "a            12345678901  session\n"
              "a_long_name            7  x\n");
}

TEST(table_text_test, no_value_is_empty_and_no_line_ends_with_spaces) {
    const console_table table{{{"first"}, {"number", true}, {"last"}},
                              {{std::nullopt, std::nullopt, std::nullopt}, {"x", "1", ""}, {"", "", "y"}}};
    EXPECT_EQ(to_text(table),
              "first  number  last\n"
              "\n"
              "x           1\n"
              "               y\n");
}

TEST(table_text_test, without_rows_there_is_the_line_of_names) {
    EXPECT_EQ(to_text({{{"a"}, {"b", true}}, {}}), "a  b\n");
}

TEST(table_text_test, without_columns_there_is_an_empty_line) {
    EXPECT_EQ(to_text({}), "\n");
}

TEST(table_text_test, records_have_a_line_for_each_value) {
    EXPECT_EQ(to_records({{{"a"}, {"longer", true}}, {{"x", "1"}, {std::nullopt, "22\n"}}}),
              "a       x\n"
              "longer  1\n"
              "\n"
              "a\n"
              "longer  22\\x0a\n");
    EXPECT_EQ(to_records({{{"a"}}, {}}), "");
}

TEST(table_text_test, characters_are_counted_and_not_bytes) {
    EXPECT_EQ(to_text({{{"user"}, {"n", true}}, {{"Zoë", "1"}, {"Zoe", "2"}, {"数据库用户", "3"}}}),
              "user   n\n"
              "Zoë    1\n"
              "Zoe    2\n"
              "数据库用户  3\n");
}

TEST(table_text_test, a_terminal_is_told_nothing) {
    EXPECT_EQ(one_cell("a\x1b[2Jb"), "a\\x1b[2Jb\n");
    EXPECT_EQ(one_cell("two\nlines\t"), "two\\x0alines\\x09\n");
    EXPECT_EQ(one_cell("\x7f"), "\\x7f\n");
    EXPECT_EQ(one_cell("\xc2\x9b"
                       "2J"),
              "\\xc2\\x9b2J\n")
        << "CSI as one character";
    EXPECT_EQ(one_cell("\xc2\xa0"), "\xc2\xa0\n") << "the first character that is none of these";
    EXPECT_EQ(one_cell(std::string("\0", 1)), "\\x00\n");
}

TEST(table_text_test, what_is_no_utf8_is_shown_as_bytes) {
    EXPECT_EQ(one_cell("a\xff"
                       "b\xc3"),
              "a\\xffb\\xc3\n");
    EXPECT_EQ(to_text({{{"a"}, {"b"}}, {{"\xff", "x"}, {"1234", "y"}}}), "a     b\n\\xff  x\n1234  y\n")
        << "four characters are as wide as that";
}

TEST(table_text_test, names_are_shown_as_values_are) {
    EXPECT_EQ(to_text({{{"a\nb"}}, {}}), "a\\x0ab\n");
}

}  // namespace
}  // namespace pgweir::cli

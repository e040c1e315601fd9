#include "base/json.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace pgweir::base {
namespace {

std::string in_json(std::string_view text) {
    std::string out = "before ";
    append_json_string(out, text);
    EXPECT_EQ(out.substr(0, 7), "before ");
    return out.substr(7);
}

TEST(json_test, a_string_is_in_quotes_and_escaped) {
    EXPECT_EQ(in_json(""), "\"\"");
    EXPECT_EQ(in_json("plain / text"), "\"plain / text\"");
    EXPECT_EQ(in_json("\"\\"), "\"\\\"\\\\\"");
    EXPECT_EQ(in_json(std::string("\0\x1f\n\x7f", 4)), "\"\\u0000\\u001f\\u000a\\u007f\"");
    EXPECT_EQ(in_json("\xe2\x82\xac"), "\"\xe2\x82\xac\"");
}

TEST(json_test, what_is_no_utf8_is_replaced_byte_by_byte) {
    EXPECT_EQ(in_json("a\xff\xe2\x82"), "\"a\\ufffd\\ufffd\\ufffd\"");
}

}  // namespace
}  // namespace pgweir::base

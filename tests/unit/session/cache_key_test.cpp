#include "session/cache_key.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::session {
namespace {

TEST(cache_key_test, what_was_written_is_read) {
    for (const bool extended : {false, true}) {
        cache_key written{.context = 77, .rules = 3, .extended = extended, .text = {}};
        if (extended) {
            written.parameter_types = "types";
            written.bind = "bind";
        }
        std::string bytes;
        written.append_head(bytes);
        bytes += "SELECT 1";
        const auto read = cache_key::read(bytes);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->context, 77U);
        EXPECT_EQ(read->rules, 3U);
        EXPECT_EQ(read->extended, extended);
        EXPECT_EQ(read->parameter_types, written.parameter_types);
        EXPECT_EQ(read->bind, written.bind);
        EXPECT_EQ(read->text, "SELECT 1");
    }
}

TEST(cache_key_test, the_same_in_another_context) {
    const cache_key parts{
        .context = 77, .rules = 3, .extended = true, .parameter_types = "types", .bind = "bind", .text = {}};
    std::string bytes;
    parts.append_head(bytes);
    cache_key other = parts;
    other.context = 78;
    std::string expected;
    other.append_head(expected);
    EXPECT_EQ(cache_key::in_context(bytes + "SELECT 1", 78), expected + "SELECT 1");
}

TEST(cache_key_test, what_is_no_key) {
    std::string bytes;
    cache_key{.context = 1, .extended = true, .parameter_types = "types", .bind = "bind", .text = {}}.append_head(
        bytes);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(cache_key::read(bytes.substr(0, size))) << size;
    EXPECT_TRUE(cache_key::read(bytes));
    bytes[cache_key::numbers_size] = 'x';
    EXPECT_FALSE(cache_key::read(bytes));
}

}  // namespace
}  // namespace pgweir::session

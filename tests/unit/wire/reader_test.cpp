#include "wire/reader.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "wire/exact_copy.hpp"
#include "wire/messages.hpp"

namespace pgweir::wire {
namespace {

using test::exact_copy;
using test::raw;

TEST(reader, takes_fields_in_order) {
    const exact_copy body(raw("\x01\xff\xfe\x00\x01\x02\x03name\0\0abcrest"));
    reader from(body.view());
    EXPECT_EQ(from.int8(), 1);
    EXPECT_EQ(from.int16(), -2);
    EXPECT_EQ(from.int32(), 0x00010203);
    EXPECT_EQ(from.c_string(), "name");
    EXPECT_EQ(from.c_string(), "");
    EXPECT_EQ(from.bytes(3), "abc");
    EXPECT_FALSE(from.at_end());
    EXPECT_EQ(from.finish(), error_code::trailing_bytes);
    EXPECT_EQ(from.rest(), "rest");
    EXPECT_TRUE(from.at_end());
    EXPECT_TRUE(from.ok());
    EXPECT_FALSE(from.finish());
}

TEST(reader, reads_integers_to_their_limits) {
    reader from(raw("\x7f\xff\xff\xff\x80\x00\x00\x00\x80\x00\xff\xff\x80"));
    EXPECT_EQ(from.int32(), std::numeric_limits<std::int32_t>::max());
    EXPECT_EQ(from.int32(), std::numeric_limits<std::int32_t>::min());
    EXPECT_EQ(from.int16(), std::numeric_limits<std::int16_t>::min());
    EXPECT_EQ(from.count(), 65535);
    EXPECT_EQ(from.int8(), -128);
    EXPECT_FALSE(from.finish());
}

TEST(reader, fails_for_good_at_the_first_missing_field) {
    const exact_copy body(raw("\x00\x01\x02"));
    reader from(body.view());
    EXPECT_EQ(from.int32(), 0);
    EXPECT_FALSE(from.ok());
    EXPECT_EQ(from.error(), error_code::truncated);
    EXPECT_EQ(from.int8(), 0);
    EXPECT_EQ(from.byte(), '\0');
    EXPECT_EQ(from.count(), 0);
    EXPECT_EQ(from.c_string(), "");
    EXPECT_EQ(from.bytes(1), "");
    EXPECT_EQ(from.rest(), "");
    EXPECT_EQ(from.finish(), error_code::truncated);
}

TEST(reader, keeps_the_first_reason) {
    reader from("no end");
    EXPECT_EQ(from.c_string(), "");
    EXPECT_EQ(from.error(), error_code::missing_terminator);
    from.fail(error_code::bad_count);
    from.int32();
    EXPECT_EQ(from.error(), error_code::missing_terminator);
}

TEST(reader, refuses_lengths_outside_the_body) {
    for (const std::int64_t length : {std::int64_t{-1}, std::int64_t{-2147483648}, std::int64_t{4},
                                      std::int64_t{2147483647}, std::numeric_limits<std::int64_t>::max()}) {
        const exact_copy body("abc");
        reader from(body.view());
        EXPECT_EQ(from.bytes(length), "");
        EXPECT_EQ(from.error(), error_code::truncated) << length;
    }
}

TEST(reader, reads_nothing_from_an_empty_body) {
    const exact_copy body("");
    EXPECT_TRUE(reader(body.view()).at_end());
    EXPECT_FALSE(reader(body.view()).finish());
    EXPECT_EQ(reader(body.view()).rest(), "");
    EXPECT_EQ(reader(body.view()).bytes(0), "");
    reader from(body.view());
    EXPECT_EQ(from.c_string(), "");
    EXPECT_EQ(from.error(), error_code::missing_terminator);
}

}  // namespace
}  // namespace pgweir::wire

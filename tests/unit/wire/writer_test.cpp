#include "wire/writer.hpp"

#include <gtest/gtest.h>

#include "wire/messages.hpp"
#include "wire/reader.hpp"

namespace pgweir::wire {
namespace {

using test::raw;

TEST(writer, writes_what_the_reader_reads) {
    std::string out;
    writer to(out);
    to.begin('d');
    to.int8(-3);
    to.int16(-300);
    to.int16(65535);
    to.int32(-70000);
    to.c_string("text");
    to.bytes(raw("\0\1"));
    to.end();

    reader from(test::frontend_body(out, frontend::copy_data));
    EXPECT_EQ(from.int8(), -3);
    EXPECT_EQ(from.int16(), -300);
    EXPECT_EQ(from.count(), 65535);
    EXPECT_EQ(from.int32(), -70000);
    EXPECT_EQ(from.c_string(), "text");
    EXPECT_EQ(from.bytes(2), raw("\0\1"));
    EXPECT_FALSE(from.finish());
}

TEST(writer, uses_network_order) {
    std::string out;
    writer to(out);
    to.begin('D');
    to.int16(0x0102);
    to.int32(0x03040506);
    to.end();
    EXPECT_EQ(out, raw("D\x00\x00\x00\x0a\x01\x02\x03\x04\x05\x06"));
}

TEST(writer, appends_behind_what_is_there) {
    std::string out = "before";
    writer to(out);
    to.begin('S');
    to.end();
    to.begin('H');
    to.end();
    EXPECT_EQ(out, raw("beforeS\0\0\0\4H\0\0\0\4"));
}

TEST(writer, writes_a_message_without_a_tag) {
    std::string out;
    writer to(out);
    to.begin_untagged();
    to.int32(1);
    to.end();
    EXPECT_EQ(out, raw("\0\0\0\x08\0\0\0\1"));
}

// Else the part behind the NUL would be read as the next field: a way to inject fields into a message.
TEST(writer, ends_a_string_at_its_first_nul) {
    std::string out;
    writer to(out);
    to.c_string(raw("name\0forged"));
    EXPECT_EQ(out, raw("name\0"));
    EXPECT_EQ(without_nul("whole"), "whole");
    EXPECT_EQ(without_nul(raw("\0")), "");
}

}  // namespace
}  // namespace pgweir::wire

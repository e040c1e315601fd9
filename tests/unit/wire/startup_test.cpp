#include "wire/startup.hpp"

#include <gtest/gtest.h>

#include "wire/exact_copy.hpp"
#include "wire/messages.hpp"
#include "wire/writer.hpp"

namespace pgweir::wire {
namespace {

using test::exact_copy;
using test::raw;

using parameter_list = std::vector<std::pair<std::string, std::string>>;

// A packet with any version and any bytes behind it.
std::string packet(std::int32_t version, std::string_view rest) {
    std::string out;
    writer to(out);
    to.begin_untagged();
    to.int32(version);
    to.bytes(rest);
    to.end();
    return out;
}

constexpr std::int32_t version_3_0 = 196608;
constexpr std::int32_t ssl_request = 80877103;
constexpr std::int32_t cancel_request = 80877102;
constexpr std::int32_t gssenc_request = 80877104;

std::error_code error_of(std::string_view input) {
    std::size_t consumed = 99;
    const exact_copy copy(input);
    const auto read = read_startup(copy.view(), consumed);
    EXPECT_EQ(consumed, read && read->has_value() ? input.size() : 0u);
    return read.error();
}

startup_packet packet_of(std::string_view input) {
    std::size_t consumed = 0;
    const exact_copy copy(input);
    auto read = read_startup(copy.view(), consumed);
    EXPECT_TRUE(read && read->has_value()) << read.error().message();
    if (!read || !read->has_value()) return {};
    EXPECT_EQ(consumed, input.size());
    return **read;
}

TEST(startup, round_trip_keeps_order_doubles_and_empty_values) {
    const parameter_list sent{
        {"user", "app"}, {"database", "shop"}, {"application_name", ""}, {"user", "second"}, {"geqo", "off"}};
    std::string out;
    append_startup(out, sent);
    const startup_packet read = packet_of(out);
    EXPECT_EQ(read.kind, startup_kind::startup);
    EXPECT_EQ(read.minor_version, 0);
    EXPECT_EQ(read.parameters, sent);
    EXPECT_TRUE(read.unknown_protocol_options.empty());
}

TEST(startup, finds_the_last_value_as_a_server_does) {
    startup_packet read;
    read.parameters = {{"user", "first"}, {"user", "second"}, {"empty", ""}};
    ASSERT_NE(read.find("user"), nullptr);
    EXPECT_EQ(*read.find("user"), "second");
    ASSERT_NE(read.find("empty"), nullptr);
    EXPECT_EQ(*read.find("empty"), "");
    EXPECT_EQ(read.find("User"), nullptr);
}

TEST(startup, keeps_the_minor_version_and_sets_protocol_options_apart) {
    const auto read = packet_of(packet(version_3_0 + 2, raw("user\0a\0_pq_.x\0on\0_pq_.test\0\0_pq_\0b\0\0")));
    EXPECT_EQ(read.minor_version, 2);
    EXPECT_EQ(read.parameters, (parameter_list{{"user", "a"}, {"_pq_", "b"}}));
    EXPECT_EQ(read.unknown_protocol_options, (std::vector<std::string>{"_pq_.x", "_pq_.test"}));
    EXPECT_EQ(packet_of(packet(version_3_0 + 9999, raw("user\0a\0\0"))).minor_version, 9999);
}

TEST(startup, reads_a_packet_without_parameters) {
    EXPECT_TRUE(packet_of(packet(version_3_0, raw("\0"))).parameters.empty());
}

TEST(startup, reads_the_requests_for_encryption) {
    std::string out;
    append_ssl_request(out);
    EXPECT_EQ(out, packet(ssl_request, ""));
    EXPECT_EQ(packet_of(out).kind, startup_kind::ssl_request);
    out.clear();
    append_gssenc_request(out);
    EXPECT_EQ(out, packet(gssenc_request, ""));
    EXPECT_EQ(packet_of(out).kind, startup_kind::gssenc_request);
}

TEST(startup, leaves_what_follows_a_request) {
    std::size_t consumed = 0;
    const auto read = read_startup(packet(ssl_request, "") + "next", consumed);
    ASSERT_TRUE(read && read->has_value());
    EXPECT_EQ(consumed, 8u);
}

TEST(startup, reads_short_and_long_cancel_keys) {
    for (const std::size_t size : {std::size_t{4}, std::size_t{32}, std::size_t{256}}) {
        const std::string secret(size, '\xfe');
        std::string out;
        append_cancel_request(out, -12345, secret);
        const auto read = packet_of(out);
        EXPECT_EQ(read.kind, startup_kind::cancel_request);
        EXPECT_EQ(read.process_id, -12345);
        EXPECT_EQ(read.secret_key, secret);
    }
}

TEST(startup, refuses_requests_of_the_wrong_length) {
    EXPECT_EQ(error_of(packet(ssl_request, "x")), error_code::bad_startup_length);
    EXPECT_EQ(error_of(packet(gssenc_request, raw("\0"))), error_code::bad_startup_length);
    EXPECT_EQ(error_of(packet(cancel_request, "")), error_code::bad_startup_length);
    EXPECT_EQ(error_of(packet(cancel_request, "pid")), error_code::bad_startup_length);
    EXPECT_EQ(error_of(packet(cancel_request, "pid.key")), error_code::bad_startup_length);
    EXPECT_EQ(error_of(packet(cancel_request, std::string(4 + 257, 'k'))), error_code::bad_startup_length);
}

TEST(startup, refuses_other_major_versions) {
    for (const std::int32_t version : {0, 1, 2 << 16, 4 << 16, (1234 << 16) + 5677, -1, 0x16030100}) {
        EXPECT_EQ(error_of(packet(version, raw("user\0a\0\0"))), error_code::unsupported_protocol) << version;
    }
}

TEST(startup, refuses_lengths_that_no_packet_has) {
    for (const std::string_view length : {raw("\0\0\0\0"), raw("\0\0\0\3"), raw("\0\0\0\7"), raw("\xff\xff\xff\xff"),
                                          raw("\x7f\xff\xff\xff"), raw("\x80\0\0\0"), raw("\0\0\x27\x15")}) {
        EXPECT_EQ(error_of(length), error_code::bad_startup_length);
        EXPECT_EQ(error_of(std::string(length) + "more"), error_code::bad_startup_length);
    }
    EXPECT_EQ(error_of("GET / HTTP/1.1\r\n\r\n"), error_code::bad_startup_length);
    EXPECT_EQ(error_of(raw("\x16\x03\x01\x02\x00\x01")), error_code::bad_startup_length);  // a TLS ClientHello
}

TEST(startup, takes_the_longest_packet_a_server_takes) {
    const std::string value(max_startup_packet_size - 8 - sizeof("user") - 2, 'v');
    std::string out;
    append_startup(out, {{"user", value}});
    ASSERT_EQ(out.size(), max_startup_packet_size);
    EXPECT_EQ(*packet_of(out).find("user"), value);
    out.clear();
    append_startup(out, {{"user", value + 'v'}});
    EXPECT_EQ(error_of(out), error_code::bad_startup_length);
}

TEST(startup, refuses_strings_that_do_not_pair_up) {
    for (const std::string_view rest :
         {raw(""), raw("u"), raw("user"), raw("user\0"), raw("user\0app"), raw("user\0app\0"), raw("user\0\0"),
          raw("user\0app\0\0\0"), raw("user\0app\0\0x"), raw("user\0app\0database\0\0"), raw("\0\0"),
          raw("\0user\0a\0")}) {
        EXPECT_EQ(error_of(packet(version_3_0, rest)), error_code::bad_startup_packet) << testing::PrintToString(rest);
    }
}

TEST(startup, waits_for_every_byte) {
    std::string whole;
    append_startup(whole, {{"user", "app"}, {"database", "shop"}, {"options", "-c geqo=off"}});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const exact_copy cut(std::string_view(whole).substr(0, size));
        std::size_t consumed = 99;
        const auto read = read_startup(cut.view(), consumed);
        ASSERT_TRUE(read) << size << ": " << read.error().message();
        EXPECT_FALSE(read->has_value()) << size;
        EXPECT_EQ(consumed, 0u);
    }
}

// A packet whose length field was cut with its bytes: every such cut lies inside a string or before the terminator.
TEST(startup, refuses_every_truncation_that_claims_to_be_whole) {
    const std::string_view rest = raw("user\0app\0database\0shop\0\0");
    for (std::size_t size = 0; size < rest.size(); ++size) {
        const std::error_code error = error_of(packet(version_3_0, rest.substr(0, size)));
        EXPECT_EQ(error, error_code::bad_startup_packet) << size;
    }
}

TEST(startup, cannot_be_made_to_write_a_forged_parameter) {
    std::string out;
    append_startup(out, {{"user", std::string(raw("app\0role\0postgres"))}});
    EXPECT_EQ(packet_of(out).parameters, (parameter_list{{"user", "app"}}));
}

}  // namespace
}  // namespace pgweir::wire

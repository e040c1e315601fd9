#include "wire/frame.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "wire/error.hpp"
#include "wire/exact_copy.hpp"
#include "wire/messages.hpp"

namespace pgweir::wire {
namespace {

using test::exact_copy;

std::string with_length(char tag, std::uint32_t length) {
    std::string message(1, tag);
    for (int shift = 24; shift >= 0; shift -= 8) message.push_back(static_cast<char>(length >> shift & 0xff));
    return message;
}

header_state frontend_state(std::string_view input) {
    header found;
    return read_frontend_header(exact_copy(input).view(), found);
}

header_state backend_state(std::string_view input) {
    header found;
    return read_backend_header(exact_copy(input).view(), found);
}

TEST(frame, reads_a_header_before_its_body_is_there) {
    header found;
    ASSERT_EQ(read_frontend_header(with_length('Q', 13), found), header_state::complete);
    EXPECT_EQ(found.tag, 'Q');
    EXPECT_EQ(found.size, 14u);
    ASSERT_EQ(read_backend_header(with_length('D', 70000), found), header_state::complete);
    EXPECT_EQ(found.tag, 'D');
    EXPECT_EQ(found.size, 70001u);
}

TEST(frame, looks_at_the_first_message_only) {
    header found;
    ASSERT_EQ(read_frontend_header(with_length('S', 4) + "garbage", found), header_state::complete);
    EXPECT_EQ(found.size, 5u);
}

TEST(frame, waits_for_five_bytes) {
    const std::string message = with_length('Q', 6);
    for (std::size_t size = 0; size < header_size; ++size) {
        EXPECT_EQ(frontend_state(message.substr(0, size)), header_state::incomplete) << size;
        EXPECT_FALSE(why_invalid_frontend(message.substr(0, size)));
    }
    EXPECT_EQ(frontend_state(message), header_state::complete);
    EXPECT_EQ(backend_state(""), header_state::incomplete);
}

TEST(frame, leaves_the_header_alone_when_it_is_not_complete) {
    header found{'?', 77};
    EXPECT_EQ(read_frontend_header("Q", found), header_state::incomplete);
    EXPECT_EQ(read_frontend_header(with_length('Q', 3), found), header_state::invalid);
    EXPECT_EQ(found.tag, '?');
    EXPECT_EQ(found.size, 77u);
}

TEST(frame, refuses_an_unknown_tag_at_its_first_byte) {
    EXPECT_EQ(frontend_state("G"), header_state::invalid);
    EXPECT_EQ(why_invalid_frontend("GET / HTTP/1.1"), error_code::unknown_message);
    EXPECT_EQ(backend_state("Q"), header_state::invalid);
    EXPECT_EQ(why_invalid_backend(with_length('Q', 10)), error_code::unknown_backend_message);
}

// Of the client's side, where every length is hostile until shown otherwise.
TEST(frame, refuses_lengths_that_no_message_can_have) {
    for (const auto& info : frontend_messages) {
        for (const std::uint32_t length : {0u, 1u, 2u, 3u, 0x80000000u, 0x80000001u, 0xfffffffeu, 0xffffffffu}) {
            const std::string message = with_length(info.tag, length);
            EXPECT_EQ(frontend_state(message), header_state::invalid) << info.name << ' ' << length;
            EXPECT_EQ(why_invalid_frontend(message), error_code::length_out_of_range) << info.name << ' ' << length;
        }
        const std::string largest = with_length(info.tag, 0x7fffffff);
        EXPECT_EQ(frontend_state(largest), header_state::invalid) << info.name;
        EXPECT_EQ(why_invalid_frontend(largest), error_code::message_too_large) << info.name;
        EXPECT_EQ(frontend_state(with_length(info.tag, 4)), header_state::complete) << info.name;
    }
}

TEST(frame, refuses_server_lengths_that_no_message_can_have) {
    for (const auto& info : backend_messages) {
        for (const std::uint32_t length : {0u, 3u, 0x80000000u, 0xffffffffu}) {
            const std::string message = with_length(info.tag, length);
            EXPECT_EQ(backend_state(message), header_state::invalid) << info.name << ' ' << length;
            EXPECT_EQ(why_invalid_backend(message), error_code::length_out_of_range) << info.name << ' ' << length;
        }
        const std::string largest = with_length(info.tag, 0x7fffffff);
        EXPECT_EQ(backend_state(largest), header_state::invalid) << info.name;
        EXPECT_EQ(why_invalid_backend(largest), error_code::message_too_large) << info.name;
    }
}

TEST(frame, allows_exactly_what_the_table_allows) {
    const auto check = [](const message_info& info, auto state, auto why) {
        const auto smallest = with_length(info.tag, info.minimum_size - 1);
        const auto largest = with_length(info.tag, info.maximum_size - 1);
        EXPECT_EQ(state(smallest), header_state::complete) << info.name;
        EXPECT_EQ(state(largest), header_state::complete) << info.name;
        EXPECT_FALSE(why(smallest)) << info.name;
        EXPECT_FALSE(why(largest)) << info.name;
        EXPECT_EQ(why(with_length(info.tag, info.minimum_size - 2)), error_code::length_out_of_range) << info.name;
        EXPECT_EQ(why(with_length(info.tag, info.maximum_size)), error_code::message_too_large) << info.name;
        EXPECT_EQ(state(with_length(info.tag, info.maximum_size)), header_state::invalid) << info.name;
    };
    for (const auto& info : frontend_messages) check(info, frontend_state, why_invalid_frontend);
    for (const auto& info : backend_messages) check(info, backend_state, why_invalid_backend);
}

// For every tag and many lengths: a reason exists exactly when the header is invalid.
TEST(frame, gives_a_reason_exactly_when_it_refuses) {
    const std::array<std::uint32_t, 14> lengths{
        0, 4, 5, 8, 264, 265, 10239, 10240, 262146, 0x3ffffffe, 0x3fffffff, 0x7ffffffe, 0x80000000, 0xffffffff};
    for (int tag = 0; tag < 256; ++tag) {
        for (const std::uint32_t length : lengths) {
            const std::string message = with_length(static_cast<char>(tag), length);
            EXPECT_EQ(frontend_state(message) == header_state::invalid, bool(why_invalid_frontend(message)));
            EXPECT_EQ(backend_state(message) == header_state::invalid, bool(why_invalid_backend(message)));
        }
    }
}

TEST(wire_error, says_what_the_server_would_say) {
    EXPECT_EQ(make_error_code(error_code::length_out_of_range).message(), "invalid message length");
    EXPECT_EQ(make_error_code(error_code::truncated).message(), "insufficient data left in message");
    EXPECT_EQ(make_error_code(error_code::trailing_bytes).message(), "invalid message format");
    EXPECT_EQ(make_error_code(error_code::bad_startup_length).message(), "invalid length of startup packet");
    EXPECT_STREQ(make_error_code(error_code::truncated).category().name(), "wire");
}

TEST(wire_error, has_a_text_of_its_own_for_every_code) {
    std::set<std::string> texts;
    for (int code = 1; code <= static_cast<int>(error_code::missing_option_value); ++code) {
        texts.insert(make_error_code(static_cast<error_code>(code)).message());
    }
    EXPECT_EQ(texts.size(), static_cast<std::size_t>(error_code::missing_option_value));
    EXPECT_FALSE(texts.contains("protocol violation"));
}

}  // namespace
}  // namespace pgweir::wire

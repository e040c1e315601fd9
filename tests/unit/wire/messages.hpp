#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <system_error>

#include "wire/exact_copy.hpp"
#include "wire/frame.hpp"

namespace pgweir::test {

/// Text with NULs in it, from a literal.
template <std::size_t Size>
std::string_view raw(const char (&literal)[Size]) {
    return {literal, Size - 1};
}

/// What std::error_code has to say of any result type.
template <class Result>
std::error_code error_of(const Result& result) {
    return result.error();
}
inline std::error_code error_of(const std::error_code& status) {
    return status;
}

/// The body of one whole client message, having checked its header.
inline std::string_view frontend_body(std::string_view message, wire::frontend tag) {
    wire::header found;
    EXPECT_EQ(wire::read_frontend_header(message, found), wire::header_state::complete);
    EXPECT_EQ(found.tag, static_cast<char>(tag));
    EXPECT_EQ(found.size, message.size());
    return message.substr(wire::header_size);
}

/// The body of one whole server message, having checked its header.
inline std::string_view backend_body(std::string_view message, wire::backend tag) {
    wire::header found;
    EXPECT_EQ(wire::read_backend_header(message, found), wire::header_state::complete);
    EXPECT_EQ(found.tag, static_cast<char>(tag));
    EXPECT_EQ(found.size, message.size());
    return message.substr(wire::header_size);
}

/// For a body without a field that takes whatever is left: cut anywhere, or with one byte more, it is no message.
template <class Decode>
void expect_exact_size(std::string_view body, Decode decode) {
    {
        const exact_copy whole(body);
        EXPECT_FALSE(error_of(decode(whole.view()))) << error_of(decode(whole.view())).message();
    }
    for (std::size_t size = 0; size < body.size(); ++size) {
        const exact_copy cut(body.substr(0, size));
        EXPECT_TRUE(error_of(decode(cut.view()))) << "cut to " << size << " of " << body.size() << " bytes";
    }
    const exact_copy longer(std::string(body) + 'x');
    EXPECT_TRUE(error_of(decode(longer.view()))) << "with a byte more";
}

}  // namespace pgweir::test

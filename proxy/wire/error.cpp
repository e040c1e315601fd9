#include "wire/error.hpp"

#include <string>

namespace pgweir::wire {

namespace {

// The server's own words where it has any: logs and alerts of people who know PostgreSQL match them.
const char* text_of(error_code code) noexcept {
    switch (code) {
        case error_code::length_out_of_range: return "invalid message length";
        case error_code::unknown_message: return "invalid frontend message type";
        case error_code::unknown_backend_message: return "invalid backend message type";
        case error_code::message_too_large: return "invalid message length: over the maximum of its type";
        case error_code::truncated: return "insufficient data left in message";
        case error_code::trailing_bytes: return "invalid message format";
        case error_code::missing_terminator: return "invalid string in message";
        case error_code::bad_count: return "message has a number of formats that does not match its values";
        case error_code::bad_value: return "invalid value in message";
        case error_code::bad_target: return "invalid DESCRIBE or CLOSE message subtype";
        case error_code::bad_password_packet: return "invalid password packet size";
        case error_code::bad_startup_length: return "invalid length of startup packet";
        case error_code::bad_startup_packet: return "invalid startup packet layout: expected terminator as last byte";
        case error_code::unsupported_protocol: return "unsupported frontend protocol";
        case error_code::bad_option: return "invalid command-line argument for server process";
        case error_code::missing_option_value: return "command-line option requires a value";
    }
    return "protocol violation";
}

class category final : public std::error_category {
public:
    const char* name() const noexcept override { return "wire"; }
    std::string message(int code) const override { return text_of(static_cast<error_code>(code)); }
};

}  // namespace

const std::error_category& error_category() noexcept {
    static const category instance;
    return instance;
}

}  // namespace pgweir::wire

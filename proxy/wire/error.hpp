#pragma once

#include <system_error>

namespace pgweir::wire {

/// Why bytes are not a legal protocol message. Each one is SQLSTATE 08P01 (protocol_violation) to a client,
/// `unsupported_protocol` excepted (0A000) and the two about command-line options (42601).
enum class error_code {
    length_out_of_range = 1,  ///< the length field is below the least of its kind, or negative
    unknown_message,          ///< no client sends a message with this tag
    unknown_backend_message,  ///< no server sends a message with this tag
    message_too_large,        ///< longer than any legal message of its kind
    truncated,                ///< a field needs more bytes than the message has left
    trailing_bytes,           ///< bytes behind the last field
    missing_terminator,       ///< a string, or a list of them, does not end inside the message
    bad_count,                ///< two counts of one message contradict each other
    bad_value,                ///< a field holds what the protocol does not define
    bad_target,               ///< Describe or Close of something that is neither statement nor portal
    bad_password_packet,      ///< a PasswordMessage that is not exactly one string
    bad_startup_length,       ///< a startup packet whose length is not one its kind can have
    bad_startup_packet,       ///< a startup packet whose strings are not name, value, ..., terminator
    unsupported_protocol,     ///< a major protocol version other than 3
    bad_option,               ///< the startup parameter `options` holds more than settings
    missing_option_value,     ///< a setting in `options` without `=`
};

const std::error_category& error_category() noexcept;

inline std::error_code make_error_code(error_code code) noexcept {
    return {static_cast<int>(code), error_category()};
}

}  // namespace pgweir::wire

template <>
struct std::is_error_code_enum<pgweir::wire::error_code> : std::true_type {};

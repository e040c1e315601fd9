#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "wire/error.hpp"

namespace pgweir::wire {

/// The messages that open a connection and have no tag. The number in the place of the protocol version tells them
/// apart.
enum class startup_kind { startup, ssl_request, gssenc_request, cancel_request };

/// The server's MAX_STARTUP_PACKET_LENGTH, which does not count the length field itself.
inline constexpr std::size_t max_startup_packet_size = 10000 + 4;

/// Length field and protocol version.
inline constexpr std::size_t min_startup_packet_size = 8;

/// A cancel key is 4 bytes in protocol 3.0, and up to 256 from 3.2 on.
inline constexpr std::size_t min_secret_key_size = 4;
inline constexpr std::size_t max_secret_key_size = 256;

struct startup_packet {
    startup_kind kind = startup_kind::startup;

    /// 3.x: kind startup only, 0 otherwise.
    std::uint16_t minor_version = 0;

    /// In the order they came, doubles included; without the names that begin with `_pq_.`.
    std::vector<std::pair<std::string, std::string>> parameters;

    /// Names beginning with `_pq_.`: protocol extensions, none of which exists yet, so that a server answers
    /// NegotiateProtocolVersion and names them.
    std::vector<std::string> unknown_protocol_options;

    /// Kind cancel_request only.
    std::int32_t process_id = 0;
    std::string secret_key;

    /// The last value given for a name, which is the one that a server keeps; null when there is none. Valid as long
    /// as the packet does not change.
    const std::string* find(std::string_view name) const noexcept;
};

/// Reads the packet at the front of the input. No value yet means that more bytes are needed; a length that no packet
/// can have is an error from its fourth byte on, so at most max_startup_packet_size bytes need be kept.
/// `consumed` is the packet's size when there is one, 0 otherwise. Whether the parameters make sense (a user, a known
/// setting) is not asked here.
base::result<std::optional<startup_packet>> read_startup(base::bytes_view input, std::size_t& consumed);

struct startup_option {
    std::string name;
    std::string value;
    bool operator==(const startup_option&) const = default;
};

/// The startup parameter `options`, as a server reads it: words separated by white space, a backslash takes away the
/// meaning of the next character, and each setting is `-c name=value`, `-cname=value` or `--name=value`. Dashes in a
/// name stand for underscores. The other command-line switches of a server are errors.
base::result<std::vector<startup_option>> parse_options(std::string_view options);

void append_startup(std::string& out, const std::vector<std::pair<std::string, std::string>>& parameters,
                    std::uint16_t minor_version = 0);
void append_ssl_request(std::string& out);
void append_gssenc_request(std::string& out);
void append_cancel_request(std::string& out, std::int32_t process_id, std::string_view secret_key);

}  // namespace pgweir::wire

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/values.hpp"

namespace pgweir::config {

/// A place to listen at, taken apart to be checked; net::parse_listen_address reads it again, and is more lenient.
struct listen_address {
    std::string host;        ///< without brackets, `*` for every interface; or the directory of a unix socket
    std::uint16_t port = 0;  ///< 0: left out, which only a unix socket may do

    bool is_unix() const noexcept { return !host.empty() && host.front() == '/'; }

    /// No other machine can reach it. A name other than `localhost` counts as reachable.
    bool is_local() const;
};

/// `host:port`, `[v6]:port`, `*:port`, `/directory` or `/directory:port`.
parsed<listen_address> parse_listen_address(std::string_view text);

/// `host:port` or `[v6]:port`.
parsed<listen_address> parse_tcp_address(std::string_view text);

parsed<std::uint16_t> parse_port(std::string_view text);

/// The absolute path of a unix socket's file, short enough for the kernel; gives it back as it is.
parsed<std::string> parse_socket_path(std::string_view text);

/// Only looks whether the text is a network such as `10.0.0.0/8` or `fd00::/8`; gives it back as it is.
parsed<std::string> parse_network(std::string_view text);

/// Where an upstream is: one name, one numeric address, or the directory of a unix socket. Its complaints do not repeat
/// the text, which in a URL that was cut wrongly may be a piece of the password.
parsed<std::string> parse_upstream_host(std::string_view text);

}  // namespace pgweir::config

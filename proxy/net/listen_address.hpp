#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace pgweir::net {

/// PgBouncer's port, so that clients that moved to it need no change.
inline constexpr std::uint16_t default_listen_port = 6432;

/// Where to accept clients.
struct listen_address {
    /// A name, a numeric address, `*` for all addresses, or the directory of a unix socket (begins with '/').
    std::string host;
    /// 0: any free one.
    std::uint16_t port = default_listen_port;

    bool is_unix() const noexcept { return host.starts_with('/'); }
};

/// `host:port`, `[v6]:port`, `/directory` or `/directory:port`; the port may be left out. Otherwise bad_address.
base::result<listen_address> parse_listen_address(std::string_view text);

}  // namespace pgweir::net

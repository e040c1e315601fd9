#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace pgweir::net {

/// Where a socket is: IPv4, IPv6 or a path.
class socket_address {
public:
    /// No address: is_unix() and all else is false, to_string() is "?".
    socket_address() = default;

    /// Requires that `length` bytes stand there, at most sizeof(sockaddr_storage).
    socket_address(const sockaddr* native, socklen_t length) noexcept;

    /// Numeric IPv4 or IPv6 (without brackets, without a zone). Otherwise bad_address.
    static base::result<socket_address> parse(std::string_view host, std::uint16_t port) noexcept;

    /// bad_address when the path is longer than sun_path or empty.
    static base::result<socket_address> unix_path(std::string_view path) noexcept;

    /// The own address of a socket; no address when it has none.
    static socket_address local_of(int fd) noexcept;

    bool is_unix() const noexcept { return storage_.ss_family == AF_UNIX; }

    /// 127.0.0.0/8, also mapped into IPv6, and ::1. A unix socket is not loopback.
    bool is_loopback() const noexcept;

    /// Numeric, without brackets; the path of a unix socket, empty for a peer that never bound one.
    std::string host() const;

    /// 0 for a unix socket.
    std::uint16_t port() const noexcept;

    /// `127.0.0.1:5432`, `[::1]:5432`, `/run/postgresql/.s.PGSQL.5432`, or `unix` for a peer without a path.
    std::string to_string() const;

    int family() const noexcept { return storage_.ss_family; }
    const sockaddr* native() const noexcept;
    socklen_t size() const noexcept { return size_; }

    bool operator==(const socket_address& other) const noexcept;

private:
    sockaddr_storage storage_{};
    socklen_t size_ = 0;
};

/// `<directory>/.s.PGSQL.<port>`: where PostgreSQL's clients look for the server of a port.
std::string unix_socket_path(std::string_view directory, std::uint16_t port);

}  // namespace pgweir::net

#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "base/unique_fd.hpp"

/// What every relay of this benchmark does in the same way: arguments, listening, accepting, connecting. Loopback only.
namespace pgweir::bench {

/// A read never takes more than this at once, in every relay.
inline constexpr std::size_t scratch_size = 64 * 1024;

struct ports {
    std::uint16_t listen;
    std::uint16_t server;
};

inline std::uint16_t parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, port);
    return error == std::errc{} && stop == end ? port : std::uint16_t{0};
}

/// Exits with status 2 unless the arguments are LISTEN_PORT SERVER_PORT.
inline ports parse_arguments(int argc, char** argv) {
    const ports parsed{argc == 3 ? parse_port(argv[1]) : std::uint16_t{0},
                       argc == 3 ? parse_port(argv[2]) : std::uint16_t{0}};
    if (parsed.listen == 0 || parsed.server == 0) {
        std::fprintf(stderr, "usage: %s LISTEN_PORT SERVER_PORT\n", argv[0]);
        std::exit(2);
    }
    return parsed;
}

inline sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

inline const sockaddr* as_sockaddr(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

inline void set_no_delay(int fd) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// A session takes two descriptors; the usual soft limit of 1024 would stop at 500 clients.
inline void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// A non-blocking listening socket. Throws std::system_error.
inline base::unique_fd listen_on(std::uint16_t port) {
    raise_descriptor_limit();
    base::unique_fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    const int on = 1;
    ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(listener.get(), as_sockaddr(address), sizeof address) != 0 || ::listen(listener.get(), SOMAXCONN) != 0) {
        throw std::system_error(errno, std::generic_category(), "listen");
    }
    return listener;
}

/// Empty when nobody waits, or on any error.
inline base::unique_fd accept_client(int listener) {
    base::unique_fd client(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (client) set_no_delay(client.get());
    return client;
}

/// Connects before it returns (on loopback that is at once) and gives a non-blocking socket, empty when refused.
inline base::unique_fd connect_to(std::uint16_t port) {
    base::unique_fd server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    if (::connect(server.get(), as_sockaddr(address), sizeof address) != 0) return {};
    set_no_delay(server.get());
    const int flags = ::fcntl(server.get(), F_GETFL);
    ::fcntl(server.get(), F_SETFL, flags | O_NONBLOCK);
    return server;
}

}  // namespace pgweir::bench

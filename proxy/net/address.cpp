#include "net/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "net/error.hpp"

namespace pgweir::net {
namespace {

/// A copy, because the storage's bytes may not be read through another type.
template <class Native>
Native as(const sockaddr_storage& storage) noexcept {
    Native copy;
    static_assert(sizeof(copy) <= sizeof(storage));
    std::memcpy(&copy, &storage, sizeof(copy));
    return copy;
}

template <class Native>
socket_address address_of(const Native& native) noexcept {
    return {reinterpret_cast<const sockaddr*>(&native), static_cast<socklen_t>(sizeof(native))};
}

bool is_loopback_v4(const unsigned char* address) noexcept {
    return address[0] == 127;
}

}  // namespace

socket_address::socket_address(const sockaddr* native, socklen_t length) noexcept
    : size_(std::min(length, static_cast<socklen_t>(sizeof(storage_)))) {
    std::memcpy(&storage_, native, size_);
}

base::result<socket_address> socket_address::parse(std::string_view host, std::uint16_t port) noexcept {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (host.size() >= text.size()) return error_code::bad_address;
    std::copy(host.begin(), host.end(), text.begin());

    sockaddr_in v4{};
    if (::inet_pton(AF_INET, text.data(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        return address_of(v4);
    }
    sockaddr_in6 v6{};
    if (::inet_pton(AF_INET6, text.data(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        return address_of(v6);
    }
    return error_code::bad_address;
}

base::result<socket_address> socket_address::unix_path(std::string_view path) noexcept {
    sockaddr_un native{};
    // One byte less: other programs expect a NUL behind it.
    if (path.empty() || path.size() >= sizeof(native.sun_path)) return error_code::bad_address;
    native.sun_family = AF_UNIX;
    std::memcpy(native.sun_path, path.data(), path.size());
    return address_of(native);
}

socket_address socket_address::local_of(int fd) noexcept {
    socket_address own;
    socklen_t length = sizeof(own.storage_);
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&own.storage_), &length) != 0) return {};
    own.size_ = length;
    return own;
}

bool socket_address::is_loopback() const noexcept {
    if (storage_.ss_family == AF_INET) {
        const in_addr_t address = as<sockaddr_in>(storage_).sin_addr.s_addr;
        return (ntohl(address) >> 24) == 127;
    }
    if (storage_.ss_family != AF_INET6) return false;
    const in6_addr address = as<sockaddr_in6>(storage_).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&address)) return is_loopback_v4(&address.s6_addr[12]);
    return std::memcmp(&address, &in6addr_loopback, sizeof(address)) == 0;
}

std::string socket_address::host() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    switch (storage_.ss_family) {
        case AF_INET: {
            const in_addr address = as<sockaddr_in>(storage_).sin_addr;
            return ::inet_ntop(AF_INET, &address, text.data(), text.size());
        }
        case AF_INET6: {
            const in6_addr address = as<sockaddr_in6>(storage_).sin6_addr;
            return ::inet_ntop(AF_INET6, &address, text.data(), text.size());
        }
        case AF_UNIX: {
            const auto native = as<sockaddr_un>(storage_);
            if (size_ <= offsetof(sockaddr_un, sun_path)) return {};
            // The kernel's length may or may not count a NUL at the end, and a full path has none.
            const std::size_t room = std::min(sizeof(native.sun_path), size_ - offsetof(sockaddr_un, sun_path));
            return {native.sun_path, ::strnlen(native.sun_path, room)};
        }
        default: return {};
    }
}

std::uint16_t socket_address::port() const noexcept {
    switch (storage_.ss_family) {
        case AF_INET: return ntohs(as<sockaddr_in>(storage_).sin_port);
        case AF_INET6: return ntohs(as<sockaddr_in6>(storage_).sin6_port);
        default: return 0;
    }
}

std::string socket_address::to_string() const {
    switch (storage_.ss_family) {
        case AF_INET: return host() + ":" + std::to_string(port());
        case AF_INET6: return "[" + host() + "]:" + std::to_string(port());
        case AF_UNIX: {
            std::string path = host();
            return path.empty() ? "unix" : path;
        }
        default: return "?";
    }
}

const sockaddr* socket_address::native() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage_);
}

bool socket_address::operator==(const socket_address& other) const noexcept {
    return size_ == other.size_ && std::memcmp(&storage_, &other.storage_, size_) == 0;
}

std::string unix_socket_path(std::string_view directory, std::uint16_t port) {
    std::string path(directory);
    if (!path.ends_with('/')) path += '/';
    return path + ".s.PGSQL." + std::to_string(port);
}

}  // namespace pgweir::net

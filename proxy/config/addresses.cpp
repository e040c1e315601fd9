#include "config/addresses.hpp"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/utf8.hpp"
#include "config/problem.hpp"

namespace pgweir::config {

namespace {

/// sun_path has to hold `/.s.PGSQL.65535` and a NUL beside the directory.
constexpr std::size_t longest_socket_directory = sizeof(sockaddr_un::sun_path) - sizeof("/.s.PGSQL.65535");
constexpr std::size_t longest_socket_path = sizeof(sockaddr_un::sun_path) - 1;  // and a NUL
constexpr std::size_t longest_host_name = 253;  // RFC 1035, 2.3.4, in text form

/// A numeric address in network byte order.
struct numeric_address {
    std::array<unsigned char, 16> bytes{};
    unsigned bits = 0;  ///< 32, 128, or 0: no numeric address
};

numeric_address to_numeric(const std::string& text) {
    numeric_address address;
    if (inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1)
        address.bits = 32;
    else if (inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1)
        address.bits = 128;
    return address;
}

bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == ':' || c == '%';
}

bool is_host(std::string_view text) {
    return !text.empty() && text.size() <= longest_host_name &&
           std::all_of(text.begin(), text.end(), is_host_character);
}

bool is_path(std::string_view text) {
    return base::is_utf8(text) &&
           std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

std::string too_long_directory() {
    return "is too long for a unix socket: at most " + std::to_string(longest_socket_directory) + " bytes";
}

bool bits_set_after(const numeric_address& address, unsigned prefix) {
    for (unsigned bit = prefix; bit < address.bits; ++bit)
        if ((address.bytes.at(bit / 8) & (0x80U >> (bit % 8))) != 0) return true;
    return false;
}

}  // namespace

bool listen_address::is_local() const {
    if (is_unix() || host == "localhost") return true;
    const numeric_address address = to_numeric(host);
    if (address.bits == 32) return address.bytes[0] == 127;
    return address.bits == 128 && address.bytes[15] == 1 &&
           std::all_of(address.bytes.begin(), address.bytes.end() - 1, [](unsigned char byte) { return byte == 0; });
}

parsed<std::uint16_t> parse_port(std::string_view text) {
    const auto number = parse_count(text);
    if (!number || *number == 0 || *number > 65535) return complaint{"the port is not a number from 1 to 65535"};
    return static_cast<std::uint16_t>(*number);
}

parsed<listen_address> parse_tcp_address(std::string_view text) {
    listen_address address;
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return complaint{cited(text) + " has no port: write host:port, as 127.0.0.1:6432"};
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
        if (to_numeric(std::string(host)).bits != 128)
            return complaint{cited(text) + " has no IPv6 address in its brackets"};
    } else if (host.find(':') != std::string_view::npos) {
        return complaint{cited(text) + " is ambiguous: write an IPv6 address in brackets, as [::1]:6432"};
    }
    if (host.empty() || host == "*")
        return complaint{cited(text) + " names no host: write 0.0.0.0 or [::] for every interface"};
    if (!is_host(host)) return complaint{cited(text) + " is not host:port, as 127.0.0.1:6432"};
    const auto port = parse_port(text.substr(colon + 1));
    if (!port) return complaint{cited(text) + ": " + port.error()};
    address.host = host;
    address.port = *port;
    return address;
}

parsed<listen_address> parse_listen_address(std::string_view text) {
    if (text.substr(0, 2) == "*:") {
        const auto port = parse_port(text.substr(2));
        if (!port) return complaint{cited(text) + ": " + port.error()};
        return listen_address{"*", *port};
    }
    if (text.empty() || text.front() != '/') return parse_tcp_address(text);
    if (!is_path(text)) return complaint{cited(text) + " is not a path"};
    const std::size_t colon = text.rfind(':');
    listen_address address{std::string(text.substr(0, colon)), 0};
    if (address.host.size() > longest_socket_directory) return complaint{cited(text) + " " + too_long_directory()};
    if (colon == std::string_view::npos) return address;
    const auto port = parse_port(text.substr(colon + 1));
    if (!port) return complaint{cited(text) + ": " + port.error()};
    address.port = *port;
    return address;
}

parsed<std::string> parse_socket_path(std::string_view text) {
    if (text.empty() || text.front() != '/' || !is_path(text))
        return complaint{cited(text) + " is not an absolute path, as /run/pgweir/admin.sock"};
    if (text.back() == '/') return complaint{cited(text) + " names a directory: name the socket's file in it"};
    if (text.size() > longest_socket_path)
        return complaint{cited(text) + " is too long for a unix socket: at most " +
                         std::to_string(longest_socket_path) + " bytes"};
    return std::string(text);
}

parsed<std::string> parse_network(std::string_view text) {
    const std::size_t slash = text.find('/');
    const numeric_address address = to_numeric(std::string(text.substr(0, slash)));
    if (address.bits == 0) return complaint{cited(text) + " is not a network: write it as 10.0.0.0/8 or fd00::/8"};
    if (slash == std::string_view::npos)
        return complaint{cited(text) + " has no prefix length: write /" + std::to_string(address.bits) +
                         " for one address"};
    const auto prefix = parse_count(text.substr(slash + 1));
    if (!prefix || *prefix > address.bits)
        return complaint{cited(text) + " has no prefix length from 0 to " + std::to_string(address.bits)};
    if (bits_set_after(address, static_cast<unsigned>(*prefix)))
        return complaint{cited(text) + " has address bits set behind its prefix length"};
    return std::string(text);
}

parsed<std::string> parse_upstream_host(std::string_view text) {
    if (text.find(',') != std::string_view::npos)
        return complaint{"names several hosts, which is not available in this version: name one"};
    if (!text.empty() && text.front() == '/') {
        if (!is_path(text)) return complaint{"the host is not a path"};
        if (text.size() > longest_socket_directory) return complaint{"the host " + too_long_directory()};
        return std::string(text);
    }
    if (!is_host(text)) return complaint{"the host is not a name, a numeric address or an absolute path"};
    return std::string(text);
}

}  // namespace pgweir::config

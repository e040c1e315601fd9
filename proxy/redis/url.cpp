#include "redis/url.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>

#include "net/address.hpp"
#include "redis/error.hpp"

namespace pgweir::redis {
namespace {

constexpr std::string_view tcp_scheme = "redis://";
constexpr std::string_view unix_scheme = "unix://";
constexpr std::string_view tls_scheme = "rediss://";
constexpr std::uint32_t highest_database = 0x7FFFFFFF;

std::optional<unsigned> number_of(std::string_view digits, int base) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return number;
}

std::optional<std::string> unescaped(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            plain += text[at];
            continue;
        }
        const auto digits = text.substr(at + 1, 2);
        const auto byte = digits.size() == 2 ? number_of(digits, 16) : std::nullopt;
        if (!byte) return std::nullopt;
        plain += static_cast<char>(*byte);
        at += 2;
    }
    return plain;
}

/// Cuts the text at the first of `marks`: what stands before it is returned, and it begins what is left in `rest`.
std::string_view cut(std::string_view& rest, std::string_view marks) {
    const auto end = std::min(rest.find_first_of(marks), rest.size());
    const auto before = rest.substr(0, end);
    rest.remove_prefix(end);
    return before;
}

base::status read_credentials(std::string_view& authority, url& into) {
    // The last one, because people forget to escape what their passwords have.
    const auto at = authority.rfind('@');
    if (at == std::string_view::npos) return {};
    std::string_view password = authority.substr(0, at);
    authority.remove_prefix(at + 1);
    const auto user = unescaped(cut(password, ":"));
    const auto plain = unescaped(password.substr(password.empty() ? 0 : 1));
    if (!user || !plain) return error_code::bad_escape;
    into.user = *user;
    into.password = *plain;
    return {};
}

base::status read_database(std::string_view text, url& into) {
    const auto number = number_of(text, 10);
    if (!number || *number > highest_database) return error_code::bad_database;
    into.database = *number;
    return {};
}

bool is_host_name(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char each) {
        return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') ||
               each == '-' || each == '.' || each == '_';
    });
}

base::status read_host(std::string_view authority, url& into) {
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos) return error_code::bad_host;
        into.host = authority.substr(1, end - 1);
        authority.remove_prefix(end + 1);
        const auto address = net::socket_address::parse(into.host, 0);
        if (!address || address->family() != AF_INET6) return error_code::bad_host;
        if (!authority.empty() && !authority.starts_with(':')) return error_code::bad_host;
    } else {
        into.host = cut(authority, ":");
        if (!is_host_name(into.host)) return error_code::bad_host;
    }
    if (authority.empty()) return {};
    const auto port = number_of(authority.substr(1), 10);
    if (!port || *port == 0 || *port > 65535) return error_code::bad_port;
    into.port = static_cast<std::uint16_t>(*port);
    return {};
}

base::status read_tcp(std::string_view rest, url& into) {
    std::string_view authority = cut(rest, "/?");
    if (const auto error = read_credentials(authority, into)) return error;
    if (const auto error = read_host(authority, into)) return error;
    const std::string_view path = cut(rest, "?");
    if (!rest.empty()) return error_code::unknown_parameter;
    return path.size() > 1 ? read_database(path.substr(1), into) : base::status{};
}

base::status read_unix(std::string_view rest, url& into) {
    std::string_view authority = cut(rest, "/?");
    if (const auto error = read_credentials(authority, into)) return error;
    if (!authority.empty()) return error_code::bad_path;
    const auto path = unescaped(cut(rest, "?"));
    if (!path) return error_code::bad_escape;
    if (path->find('\0') != std::string::npos || path->size() < 2 || !net::socket_address::unix_path(*path))
        return error_code::bad_path;
    into.path = *path;
    if (rest.empty()) return {};
    constexpr std::string_view parameter = "?db=";
    if (!rest.starts_with(parameter) || rest.find('&') != std::string_view::npos) return error_code::unknown_parameter;
    return read_database(rest.substr(parameter.size()), into);
}

}  // namespace

std::string url::to_string() const {
    const std::string number = std::to_string(database);
    if (!path.empty()) return std::string(unix_scheme) + path + "?db=" + number;
    const bool brackets = host.find(':') != std::string::npos;
    return std::string(tcp_scheme) + (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port) + "/" + number;
}

base::result<url> parse_url(std::string_view text) {
    url found;
    base::status error = error_code::wrong_scheme;
    if (text.starts_with(tls_scheme))
        error = error_code::tls_not_built;
    else if (text.starts_with(tcp_scheme))
        error = read_tcp(text.substr(tcp_scheme.size()), found);
    else if (text.starts_with(unix_scheme))
        error = read_unix(text.substr(unix_scheme.size()), found);
    if (error) return error;
    return found;
}

}  // namespace pgweir::redis

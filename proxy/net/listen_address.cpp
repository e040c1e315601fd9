#include "net/listen_address.hpp"

#include <charconv>

#include "net/error.hpp"

namespace pgweir::net {
namespace {

bool read_port(std::string_view digits, std::uint16_t& port) noexcept {
    const auto [stopped, error] = std::from_chars(digits.begin(), digits.end(), port);
    return error == std::errc{} && stopped == digits.end();
}

/// Where the part after the host begins: at a ':' or at the end. npos for a bracket that is not closed.
std::size_t end_of_host(std::string_view text) noexcept {
    if (text.starts_with('[')) {
        const std::size_t bracket = text.find(']');
        return bracket == std::string_view::npos ? bracket : bracket + 1;
    }
    // A directory may have a ':' in its name.
    const std::size_t colon = text.starts_with('/') ? text.rfind(':') : text.find(':');
    if (colon == std::string_view::npos || text.find('/', colon) != std::string_view::npos) return text.size();
    return colon;
}

}  // namespace

base::result<listen_address> parse_listen_address(std::string_view text) {
    const std::size_t split = end_of_host(text);
    if (split == std::string_view::npos) return error_code::bad_address;
    std::string_view host = text.substr(0, split);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    if (host.empty()) return error_code::bad_address;

    listen_address result{.host = std::string(host)};
    const std::string_view rest = text.substr(split);
    if (rest.empty()) return result;
    if (!rest.starts_with(':') || !read_port(rest.substr(1), result.port)) return error_code::bad_address;
    return result;
}

}  // namespace pgweir::net

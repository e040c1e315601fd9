#include "auth/address_rules.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "auth/error.hpp"

namespace pgweir::auth {
namespace {

using address_bytes = std::array<unsigned char, 16>;

constexpr unsigned address_bits = 128;
constexpr unsigned ipv4_bits = 32;

// ::ffff:0:0/96, in front of an IPv4 address.
constexpr address_bytes mapped_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t mapped_prefix_size = 12;
constexpr unsigned mapped_prefix_bits = 96;

struct parsed_address {
    address_bytes bytes;
    bool has_dots_only;
};

bool is_ipv4(const address_bytes& address) {
    return std::equal(mapped_prefix.begin(), mapped_prefix.begin() + mapped_prefix_size, address.begin());
}

/// Without its zone, which is an interface's name. Nothing if it cannot be one.
std::optional<std::string_view> without_zone(std::string_view text) {
    const auto percent = text.find('%');
    if (percent == std::string_view::npos) return text;
    const auto zone = text.substr(percent + 1);
    const bool is_ipv6 = text.substr(0, percent).find(':') != std::string_view::npos;
    if (!is_ipv6 || zone.empty() || zone.find('/') != std::string_view::npos) return std::nullopt;
    return text.substr(0, percent);
}

std::optional<parsed_address> parse_address(std::string_view text) {
    const auto address_text = without_zone(text);
    if (!address_text || text.find('\0') != std::string_view::npos) return std::nullopt;
    // inet_pton wants a terminated string, and knows no zones.
    const std::string terminated(*address_text);
    parsed_address address{mapped_prefix, true};
    if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data() + mapped_prefix_size) == 1) return address;
    address.has_dots_only = false;
    if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
    return std::nullopt;
}

bool is_same_network(const address_bytes& left, const address_bytes& right, unsigned prefix) {
    const auto whole = static_cast<std::ptrdiff_t>(prefix / 8);
    if (!std::equal(left.begin(), left.begin() + whole, right.begin())) return false;
    const unsigned rest = prefix % 8;
    if (rest == 0) return true;
    const auto byte = static_cast<std::size_t>(whole);
    const unsigned differing = static_cast<unsigned>(left[byte]) ^ right[byte];
    return (differing >> (8 - rest)) == 0;
}

std::optional<unsigned> parse_prefix(std::string_view text, unsigned largest) {
    unsigned value = 0;
    const auto number = std::from_chars(text.data(), text.data() + text.size(), value);
    if (number.ec != std::errc() || number.ptr != text.data() + text.size() || value > largest) return std::nullopt;
    return value;
}

}  // namespace

base::result<address_rules> address_rules::parse(std::span<const std::string> networks) {
    address_rules rules;
    for (const auto& network : networks)
        if (const auto reason = rules.add(network)) return reason;
    return rules;
}

std::error_code address_rules::add(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address) return error_code::bad_address;
    unsigned prefix = address_bits;
    if (slash != std::string_view::npos) {
        const auto given = parse_prefix(text.substr(slash + 1), address->has_dots_only ? ipv4_bits : address_bits);
        if (!given) return error_code::bad_address;
        prefix = address->has_dots_only ? mapped_prefix_bits + *given : *given;
    }
    // A prefix that ends inside ::ffff:0:0/96 is neither a network of one family nor of the other.
    if (is_ipv4(address->bytes) && prefix < mapped_prefix_bits) return error_code::bad_address;
    networks_.push_back({address->bytes, prefix});
    return {};
}

bool address_rules::contains(std::string_view numeric_address) const {
    const auto address = parse_address(numeric_address);
    // `::/0` is every IPv6 address, and must not let in IPv4 because of how we write it.
    return address && std::any_of(networks_.begin(), networks_.end(), [&](const network& candidate) {
               return is_ipv4(candidate.address) == is_ipv4(address->bytes) &&
                      is_same_network(candidate.address, address->bytes, candidate.prefix);
           });
}

}  // namespace pgweir::auth

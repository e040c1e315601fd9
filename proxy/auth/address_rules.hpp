#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/result.hpp"

namespace pgweir::auth {

/// Networks from which something is allowed. Addresses are numeric text; an IPv4 address mapped into IPv6
/// (::ffff:10.0.0.1, as a socket for both families reports it) counts as the IPv4 address. A zone (%eth0) is ignored.
class address_rules {
public:
    /// All of them or bad_address.
    static base::result<address_rules> parse(std::span<const std::string> networks);

    /// `10.0.0.0/8`, `fd00::/8`, or an address alone. Bits behind the prefix are ignored. bad_address if it is none.
    std::error_code add(std::string_view network);

    /// False for a text that is no address.
    bool contains(std::string_view numeric_address) const;

    bool empty() const noexcept { return networks_.empty(); }

private:
    struct network {
        /// Network byte order; an IPv4 address stands behind the prefix ::ffff:0:0/96.
        std::array<unsigned char, 16> address;
        /// In bits of the 128.
        unsigned prefix;
    };

    std::vector<network> networks_;
};

}  // namespace pgweir::auth

#pragma once

#include <map>
#include <string>
#include <vector>

namespace pgweir::auth {

/// How a client proves who it is. The order is that of rising strength.
enum class method { trust, password, md5, scram_sha_256 };

struct user {
    /// Clear text, or what pg_authid holds: `SCRAM-SHA-256$...` or `md5...`. Never logged, never shown.
    std::string secret;
};

struct settings {
    auth::method method = auth::method::scram_sha_256;
    std::map<std::string, user> users;
    /// Networks in CIDR notation from which `trust` is accepted beside loopback and unix sockets.
    std::vector<std::string> allow_trust_from;
};

}  // namespace pgweir::auth

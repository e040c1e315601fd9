#pragma once

#include <string>
#include <system_error>

#include "auth/scram.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

namespace pgweir::auth {

/// What the server asks a client to work with: its server-first-message, understood.
struct scram_challenge {
    std::string salt;
    std::uint32_t iterations = 0;
};

/// The client's half of one SCRAM-SHA-256 exchange (RFC 5802 section 5) without channel binding. Finding the keys
/// for a challenge is left to the caller, who may have them from a cache or from a client.
class scram_client {
public:
    /// nonce: random bytes, which become our part of the nonce in base64.
    explicit scram_client(base::bytes_view nonce);

    /// client-first-message. The user name in it is empty, as libpq leaves it: PostgreSQL takes the startup packet's.
    std::string first_message() const;

    /// Takes server-first-message.
    base::result<scram_challenge> challenge(base::bytes_view server_first);

    /// client-final-message. Requires a challenge() that succeeded.
    std::string final_message(const scram_keys& keys);

    /// Takes server-final-message: empty if the server proved that it knows our verifier.
    std::error_code verify(base::bytes_view server_final) const;

private:
    std::string client_nonce_;
    std::string nonce_;
    std::string auth_message_;
    digest expected_signature_;
};

}  // namespace pgweir::auth

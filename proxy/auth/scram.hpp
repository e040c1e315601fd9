#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/digest.hpp"

/// The arithmetic of SCRAM-SHA-256: RFC 5802 section 3 with the hash of RFC 7677.
namespace pgweir::auth {

inline constexpr std::string_view scram_sha_256_name = "SCRAM-SHA-256";

/// RFC 7677 section 4; also PostgreSQL's default.
inline constexpr std::uint32_t default_scram_iterations = 4096;

/// About a quarter of a second of one core: more than that from a peer is an attack, not a precaution.
inline constexpr std::uint32_t max_scram_iterations = 1'000'000;

/// Bytes, not base64 characters. PostgreSQL makes salts of 16; managed services are known to use others.
inline constexpr std::size_t max_scram_salt = 1024;

/// What a server stores to check a proof: it is no password, but its ServerKey impersonates the server.
struct scram_verifier {
    std::uint32_t iterations = default_scram_iterations;
    std::string salt;
    digest stored_key;
    digest server_key;
};

/// What a client needs to log in without the password. Good only where the verifier has the same salt and count.
struct scram_keys {
    digest client_key;
    digest server_key;
    /// Of the verifier the keys belong to, so that another one at the server is noticed. Empty: not known.
    std::string salt;
    std::uint32_t iterations = 0;
};

/// Normalises the password (saslprep) and runs PBKDF2: about 1 ms at 4096 iterations.
/// Requires iterations in 1..max_scram_iterations.
digest salted_password(std::string_view password, base::bytes_view salt, std::uint32_t iterations);

digest client_key(const digest& salted);
digest stored_key(const digest& client);
digest server_key(const digest& salted);

/// ClientSignature: what a ClientProof is XORed with.
digest client_signature(const digest& stored, base::bytes_view auth_message);
digest server_signature(const digest& server, base::bytes_view auth_message);

/// Costs one salted_password. Requires the same of iterations, and a salt of 1..max_scram_salt bytes.
scram_verifier make_verifier(std::string_view password, base::bytes_view salt,
                             std::uint32_t iterations = default_scram_iterations);

/// Costs one salted_password.
bool verify_password(const scram_verifier& verifier, std::string_view password);

/// Decimal digits; nothing for a number that is not in 1..max_scram_iterations.
std::optional<std::uint32_t> parse_scram_iterations(std::string_view text);

/// `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, as pg_authid.rolpassword has it.
std::optional<scram_verifier> parse_verifier(std::string_view text);
std::string to_text(const scram_verifier& verifier);

}  // namespace pgweir::auth

#pragma once

#include <system_error>
#include <type_traits>

namespace pgweir::auth {

/// Why a login failed, on either side. The first four are for the log only: a client that learns which of them it
/// was could find out which users exist, so it gets PostgreSQL's 28P01 for each (see is_refusal).
enum class error_code {
    wrong_secret = 1,
    unknown_user,
    /// The stored text begins like a SCRAM verifier but is none, or it is empty.
    bad_verifier,
    /// SCRAM was asked for, and only an md5 hash is stored: nothing can be proved against it.
    no_scram_secret,
    /// A message that is malformed, out of place or above a bound.
    protocol_violation,
    /// The server asks for something we do not do (GSSAPI, SSPI, channel binding only), or this OpenSSL has no MD5.
    unsupported_method,
    /// The server could not prove that it knows the verifier, or let us in before it did.
    server_not_authentic,
    /// The server answered our proof with SCRAM's own error attribute.
    refused_by_server,
    /// The server asks for a password, and the credentials hold none that can answer this method.
    password_missing,
    /// The keys a client proved belong to another salt or iteration count than the server's verifier.
    verifier_mismatch,
    /// The server's iteration count is not in 1..max_scram_iterations.
    iterations_out_of_bounds,
    bad_address,
};

const std::error_category& error_category() noexcept;

inline std::error_code make_error_code(error_code code) noexcept {
    return {static_cast<int>(code), error_category()};
}

/// True when the client must be told that the password authentication of its user failed (28P01), and no more.
/// Anything else that ends a client's login is a protocol violation (08P01), the wire module's reasons included;
/// unsupported_method alone is 0A000.
bool is_refusal(std::error_code code) noexcept;

}  // namespace pgweir::auth

template <>
struct std::is_error_code_enum<pgweir::auth::error_code> : std::true_type {};

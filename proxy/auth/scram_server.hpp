#pragma once

#include <optional>
#include <string>

#include "auth/scram.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

namespace pgweir::auth {

/// The server's half of one SCRAM-SHA-256 exchange (RFC 5802 section 5) without channel binding.
class scram_server {
public:
    /// nonce: random bytes, which become the server's part of the nonce in base64.
    scram_server(scram_verifier verifier, base::bytes_view nonce);

    /// Takes client-first-message, gives server-first-message. To be called once, then finish() once.
    base::result<std::string> begin(base::bytes_view client_first);

    /// Takes client-final-message, gives server-final-message. wrong_secret if the proof does not fit.
    base::result<std::string> finish(base::bytes_view client_final);

    /// After finish() succeeded: ClientKey is ClientProof XOR ClientSignature.
    const std::optional<scram_keys>& client_keys() const noexcept { return client_keys_; }

private:
    scram_verifier verifier_;
    std::string server_nonce_;
    std::string gs2_header_;
    std::string nonce_;
    /// client-first-message-bare and server-first-message, each with its comma.
    std::string auth_message_;
    std::optional<scram_keys> client_keys_;
};

}  // namespace pgweir::auth

#include "auth/scram_server.hpp"

#include <utility>

#include "auth/base64.hpp"
#include "auth/error.hpp"
#include "auth/scram_attributes.hpp"

namespace pgweir::auth {
namespace {

// Drivers draw 18 to 32 bytes. The nonce comes back twice, so a bound on it bounds what we keep for a stranger.
constexpr std::size_t max_client_nonce = 1024;
constexpr std::size_t max_client_message = 4096;

// `n,,` or `y,,`: no channel binding, no authorization identity.
constexpr std::size_t gs2_header_size = 3;

bool is_supported_gs2_header(std::string_view header) {
    return header == "n,," || header == "y,,";
}

}  // namespace

scram_server::scram_server(scram_verifier verifier, base::bytes_view nonce)
    : verifier_(std::move(verifier)), server_nonce_(base64_encode(nonce)) {}

base::result<std::string> scram_server::begin(base::bytes_view client_first) {
    // Without TLS we offer no channel binding, so a client that would have liked it (`y`) is not being cheated.
    const auto header = client_first.substr(0, gs2_header_size);
    if (client_first.size() > max_client_message || !is_supported_gs2_header(header))
        return error_code::protocol_violation;
    const auto bare = client_first.substr(gs2_header_size);

    // An attribute `m` in front would be an extension that must be understood. The name itself is not looked at:
    // the startup packet's counts, as in PostgreSQL.
    scram_attributes attributes(bare);
    const auto name = attributes.take('n');
    const auto client_nonce = attributes.take('r');
    attributes.skip_until('\0');
    if (!name || !client_nonce || !attributes.at_end()) return error_code::protocol_violation;
    if (!is_scram_nonce(*client_nonce) || client_nonce->size() > max_client_nonce)
        return error_code::protocol_violation;

    gs2_header_ = header;
    nonce_ = std::string(*client_nonce) + server_nonce_;
    std::string server_first =
        "r=" + nonce_ + ",s=" + base64_encode(verifier_.salt) + ",i=" + std::to_string(verifier_.iterations);
    auth_message_ = std::string(bare) + "," + server_first + ",";
    return server_first;
}

base::result<std::string> scram_server::finish(base::bytes_view client_final) {
    if (nonce_.empty() || client_final.size() > max_client_message) return error_code::protocol_violation;
    scram_attributes attributes(client_final);
    const auto binding = attributes.take('c');
    const auto nonce = attributes.take('r');
    attributes.skip_until('p');
    const auto without_proof = attributes.taken();
    const auto proof_text = attributes.take('p');
    if (!binding || !nonce || !proof_text || !attributes.at_end()) return error_code::protocol_violation;

    const auto proof = base64_decode(*proof_text);
    if (*binding != base64_encode(gs2_header_) || *nonce != nonce_ || !proof || proof->size() != digest::size)
        return error_code::protocol_violation;

    const std::string auth_message = auth_message_ + std::string(without_proof);
    const digest client = digest::from(*proof) ^ client_signature(verifier_.stored_key, auth_message);
    if (!(stored_key(client) == verifier_.stored_key)) return error_code::wrong_secret;
    client_keys_ = scram_keys{client, verifier_.server_key, verifier_.salt, verifier_.iterations};
    return "v=" + base64_encode(server_signature(verifier_.server_key, auth_message).view());
}

}  // namespace pgweir::auth

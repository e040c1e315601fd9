#include "auth/scram_client.hpp"

#include <utility>

#include "auth/base64.hpp"
#include "auth/error.hpp"
#include "auth/scram_attributes.hpp"

namespace pgweir::auth {
namespace {

// Room for a nonce of several KiB and the largest salt; PostgreSQL's own message has about 85 bytes.
constexpr std::size_t max_server_message = 16'384;

constexpr std::string_view gs2_header = "n,,";

}  // namespace

scram_client::scram_client(base::bytes_view nonce) : client_nonce_(base64_encode(nonce)) {}

std::string scram_client::first_message() const {
    return std::string(gs2_header) + "n=,r=" + client_nonce_;
}

base::result<scram_challenge> scram_client::challenge(base::bytes_view server_first) {
    if (server_first.size() > max_server_message) return error_code::protocol_violation;
    scram_attributes attributes(server_first);
    const auto nonce = attributes.take('r');
    const auto salt_text = attributes.take('s');
    const auto count = attributes.take('i');
    attributes.skip_until('\0');
    if (!nonce || !salt_text || !count || !attributes.at_end()) return error_code::protocol_violation;

    // A nonce that is only ours would let an old conversation be played to us again.
    const bool is_extended = nonce->size() > client_nonce_.size() && nonce->starts_with(client_nonce_);
    if (!is_scram_nonce(*nonce) || !is_extended) return error_code::protocol_violation;
    auto salt = base64_decode(*salt_text);
    if (!salt || salt->empty() || salt->size() > max_scram_salt) return error_code::protocol_violation;
    const auto iterations = parse_scram_iterations(*count);
    if (!iterations) return error_code::iterations_out_of_bounds;

    nonce_ = *nonce;
    auth_message_ = first_message().substr(gs2_header.size()) + "," + std::string(server_first) + ",";
    return scram_challenge{std::move(*salt), *iterations};
}

std::string scram_client::final_message(const scram_keys& keys) {
    const std::string without_proof = "c=" + base64_encode(gs2_header) + ",r=" + nonce_;
    auth_message_ += without_proof;
    const digest proof = keys.client_key ^ client_signature(stored_key(keys.client_key), auth_message_);
    expected_signature_ = server_signature(keys.server_key, auth_message_);
    return without_proof + ",p=" + base64_encode(proof.view());
}

std::error_code scram_client::verify(base::bytes_view server_final) const {
    if (server_final.size() > max_server_message) return error_code::protocol_violation;
    scram_attributes attributes(server_final);
    if (attributes.take('e')) return error_code::refused_by_server;
    const auto text = attributes.take('v');
    attributes.skip_until('\0');
    if (!text || !attributes.at_end()) return error_code::protocol_violation;
    const auto signature = base64_decode(*text);
    if (!signature || signature->size() != digest::size) return error_code::protocol_violation;
    return digest::from(*signature) == expected_signature_ ? std::error_code() : error_code::server_not_authentic;
}

}  // namespace pgweir::auth

#include "auth/scram.hpp"

#include <openssl/evp.h>

#include <cassert>
#include <charconv>
#include <exception>

#include "auth/base64.hpp"
#include "auth/openssl_bytes.hpp"
#include "auth/saslprep.hpp"

namespace pgweir::auth {
namespace {

/// Cuts off and gives what stands before the separator, or nothing if there is none.
std::optional<std::string_view> cut(std::string_view& text, char separator) {
    const auto end = text.find(separator);
    if (end == std::string_view::npos) return std::nullopt;
    const auto head = text.substr(0, end);
    text.remove_prefix(end + 1);
    return head;
}

std::optional<digest> decode_key(std::string_view text) {
    const auto bytes = base64_decode(text);
    if (!bytes || bytes->size() != digest::size) return std::nullopt;
    return digest::from(*bytes);
}

}  // namespace

digest salted_password(std::string_view password, base::bytes_view salt, std::uint32_t iterations) {
    assert(iterations >= 1 && iterations <= max_scram_iterations);
    std::string prepared = saslprep(password);
    digest result;
    const int done = PKCS5_PBKDF2_HMAC(prepared.data(), static_cast<int>(prepared.size()), openssl_bytes(salt),
                                       static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(),
                                       static_cast<int>(digest::size), openssl_bytes(result.data()));
    wipe(prepared);
    if (done != 1) std::terminate();
    return result;
}

digest client_key(const digest& salted) {
    return hmac_sha256(salted.view(), "Client Key");
}

digest stored_key(const digest& client) {
    return sha256(client.view());
}

digest server_key(const digest& salted) {
    return hmac_sha256(salted.view(), "Server Key");
}

digest client_signature(const digest& stored, base::bytes_view auth_message) {
    return hmac_sha256(stored.view(), auth_message);
}

digest server_signature(const digest& server, base::bytes_view auth_message) {
    return hmac_sha256(server.view(), auth_message);
}

scram_verifier make_verifier(std::string_view password, base::bytes_view salt, std::uint32_t iterations) {
    const digest salted = salted_password(password, salt, iterations);
    return {iterations, std::string(salt), stored_key(client_key(salted)), server_key(salted)};
}

bool verify_password(const scram_verifier& verifier, std::string_view password) {
    const digest salted = salted_password(password, verifier.salt, verifier.iterations);
    return server_key(salted) == verifier.server_key;
}

std::optional<std::uint32_t> parse_scram_iterations(std::string_view text) {
    std::uint32_t value = 0;
    const auto number = std::from_chars(text.data(), text.data() + text.size(), value);
    if (number.ec != std::errc() || number.ptr != text.data() + text.size()) return std::nullopt;
    return value >= 1 && value <= max_scram_iterations ? std::optional(value) : std::nullopt;
}

std::optional<scram_verifier> parse_verifier(std::string_view text) {
    if (cut(text, '$') != scram_sha_256_name) return std::nullopt;
    const auto iterations = cut(text, ':');
    const auto salt = cut(text, '$');
    const auto stored = cut(text, ':');
    if (!iterations || !salt || !stored) return std::nullopt;

    scram_verifier verifier;
    const auto count = parse_scram_iterations(*iterations);
    if (!count) return std::nullopt;
    verifier.iterations = *count;

    auto salt_bytes = base64_decode(*salt);
    const auto stored_bytes = decode_key(*stored);
    const auto server_bytes = decode_key(text);
    if (!salt_bytes || salt_bytes->empty() || salt_bytes->size() > max_scram_salt) return std::nullopt;
    if (!stored_bytes || !server_bytes) return std::nullopt;
    verifier.salt = std::move(*salt_bytes);
    verifier.stored_key = *stored_bytes;
    verifier.server_key = *server_bytes;
    return verifier;
}

std::string to_text(const scram_verifier& verifier) {
    return std::string(scram_sha_256_name) + "$" + std::to_string(verifier.iterations) + ":" +
           base64_encode(verifier.salt) + "$" + base64_encode(verifier.stored_key.view()) + ":" +
           base64_encode(verifier.server_key.view());
}

}  // namespace pgweir::auth

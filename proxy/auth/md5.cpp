#include "auth/md5.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "auth/digest.hpp"
#include "auth/openssl_bytes.hpp"

namespace pgweir::auth {
namespace {

constexpr std::string_view prefix = "md5";
constexpr std::size_t hex_digits = 32;

/// `md5` and the digits of the hash of a secret and its salt, one behind the other.
std::optional<std::string> hash_as_text(std::string_view secret, base::bytes_view salt) {
    std::string input;
    input.reserve(secret.size() + salt.size());
    input.append(secret).append(salt);
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    const bool hashed = EVP_Digest(input.data(), input.size(), hash.data(), nullptr, EVP_md5(), nullptr) == 1;
    wipe(input);
    if (!hashed) return std::nullopt;

    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(prefix);
    for (std::size_t i = 0; i < hex_digits / 2; ++i) {
        text += digits[hash[i] >> 4];
        text += digits[hash[i] & 0x0f];
    }
    return text;
}

}  // namespace

std::optional<std::string> md5_hash(std::string_view password, std::string_view user) {
    return hash_as_text(password, user);
}

std::optional<std::string> md5_response(std::string_view stored, base::bytes_view salt) {
    assert(is_md5_hash(stored));
    return hash_as_text(stored.substr(prefix.size()), salt);
}

bool is_md5_hash(std::string_view text) noexcept {
    if (text.size() != prefix.size() + hex_digits || text.substr(0, prefix.size()) != prefix) return false;
    const auto digits = text.substr(prefix.size());
    return std::all_of(digits.begin(), digits.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace pgweir::auth

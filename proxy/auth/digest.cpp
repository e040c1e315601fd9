#include "auth/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <cassert>
#include <exception>

#include "auth/openssl_bytes.hpp"

namespace pgweir::auth {

digest::~digest() {
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

digest digest::from(base::bytes_view bytes) {
    assert(bytes.size() == size);
    digest result;
    bytes.copy(result.bytes_.data(), size);
    return result;
}

bool digest::operator==(const digest& other) const noexcept {
    return equal_in_constant_time(view(), other.view());
}

digest digest::operator^(const digest& other) const noexcept {
    digest result;
    for (std::size_t i = 0; i < size; ++i)
        result.bytes_[i] =
            static_cast<char>(static_cast<unsigned char>(bytes_[i]) ^ static_cast<unsigned char>(other.bytes_[i]));
    return result;
}

digest sha256(base::bytes_view data) {
    digest result;
    if (SHA256(openssl_bytes(data), data.size(), openssl_bytes(result.data())) == nullptr) std::terminate();
    return result;
}

digest hmac_sha256(base::bytes_view key, base::bytes_view data) {
    digest result;
    if (HMAC(EVP_sha256(), openssl_bytes(key), static_cast<int>(key.size()), openssl_bytes(data), data.size(),
             openssl_bytes(result.data()), nullptr) == nullptr)
        std::terminate();
    return result;
}

bool equal_in_constant_time(base::bytes_view left, base::bytes_view right) noexcept {
    return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

void wipe(std::string& text) noexcept {
    text.resize(text.capacity());
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

}  // namespace pgweir::auth

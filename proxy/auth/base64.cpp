#include "auth/base64.hpp"

#include <openssl/evp.h>

#include "auth/openssl_bytes.hpp"

namespace pgweir::auth {
namespace {

bool is_base64_digit(char c) noexcept {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

}  // namespace

std::string base64_encode(base::bytes_view bytes) {
    // EVP_EncodeBlock writes a NUL behind the text.
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int length =
        EVP_EncodeBlock(openssl_bytes(text.data()), openssl_bytes(bytes), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

std::optional<std::string> base64_decode(base::bytes_view text) {
    if (text.empty()) return std::string();
    if (text.size() % 4 != 0) return std::nullopt;
    // EVP_DecodeBlock trims white space and takes padding anywhere, so what it gets is checked here.
    std::size_t padding = 0;
    while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
    for (const char c : text.substr(0, text.size() - padding))
        if (!is_base64_digit(c)) return std::nullopt;

    std::string bytes(text.size() / 4 * 3, '\0');
    const int length = EVP_DecodeBlock(openssl_bytes(bytes.data()), openssl_bytes(text), static_cast<int>(text.size()));
    if (length < 0) return std::nullopt;
    // The padding comes back as zero bytes.
    bytes.resize(static_cast<std::size_t>(length) - padding);
    return bytes;
}

}  // namespace pgweir::auth

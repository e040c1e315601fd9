#pragma once

#include "base/bytes.hpp"

namespace pgweir::auth {

// OpenSSL counts in unsigned char, and takes a null pointer for a missing argument even where the size is zero.

inline const unsigned char* openssl_bytes(base::bytes_view bytes) noexcept {
    return reinterpret_cast<const unsigned char*>(bytes.data() != nullptr ? bytes.data() : "");
}

inline unsigned char* openssl_bytes(char* bytes) noexcept {
    return reinterpret_cast<unsigned char*>(bytes);
}

}  // namespace pgweir::auth

#include "base/hash.hpp"

#include <xxhash.h>

namespace pgweir::base {

std::uint64_t fingerprint(bytes_view bytes) noexcept {
    return XXH3_64bits(bytes.data(), bytes.size());
}

std::uint64_t fingerprint(bytes_view bytes, std::uint64_t seed) noexcept {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace pgweir::base

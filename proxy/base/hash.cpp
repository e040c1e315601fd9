#include "base/hash.hpp"

#include <xxhash.h>

namespace pgweir::base {

std::uint64_t fingerprint(bytes_view bytes) noexcept {
    return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace pgweir::base

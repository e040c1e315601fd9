#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace pgweir::base {

/// XXH3, 64 bits: to find and to compare what nobody forges, never to prove anything.
std::uint64_t fingerprint(bytes_view bytes) noexcept;

/// The same for what clients choose: without the seed nobody can make many that are equal.
std::uint64_t fingerprint(bytes_view bytes, std::uint64_t seed) noexcept;

}  // namespace pgweir::base

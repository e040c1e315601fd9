#pragma once

#include <cstdint>

namespace pgweir::net {

/// Raises the soft limit of open files of this process to the hard one, because each client and each server is a
/// file. Returns the limit that holds now.
std::uint64_t raise_descriptor_limit() noexcept;

}  // namespace pgweir::net

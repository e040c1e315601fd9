#pragma once

#include <cstdint>

namespace pgweir::relay {

/// Client ids tell their worker, so that no two workers give out the same.
inline constexpr unsigned worker_bits = 8;
inline constexpr std::uint32_t first_worker = 0;

constexpr std::uint64_t make_client_id(std::uint64_t number, std::uint32_t worker) noexcept {
    return number << worker_bits | worker;
}
constexpr std::uint32_t worker_of(std::uint64_t client) noexcept {
    return static_cast<std::uint32_t>(client & ((1U << worker_bits) - 1));
}

}  // namespace pgweir::relay

#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace pgweir::redis {

inline constexpr std::size_t hex_digits = 16;

/// Sixteen digits.
inline void append_hex(std::string& out, std::uint64_t value) {
    std::array<char, hex_digits> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    const auto length = static_cast<std::size_t>(end - digits.data());
    out.append(digits.size() - length, '0').append(digits.data(), length);
}

/// 0 for what are not sixteen digits.
inline std::uint64_t from_hex(std::string_view text) noexcept {
    std::uint64_t value = 0;
    if (text.size() != hex_digits) return 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return failed == std::errc() && end == text.data() + text.size() ? value : 0;
}

}  // namespace pgweir::redis

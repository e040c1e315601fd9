#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace pgweir::base {

struct duration_unit {
    std::string_view name;
    std::uint64_t nanoseconds;
};

/// Larger ones first.
inline constexpr std::array<duration_unit, 6> duration_units{{
    {"d", 86'400'000'000'000},
    {"h", 3'600'000'000'000},
    {"m", 60'000'000'000},
    {"s", 1'000'000'000},
    {"ms", 1'000'000},
    {"us", 1'000},
}};

/// Why a text is no duration.
enum class duration_fault : std::uint8_t { no_number, no_unit, fraction, unknown_unit, out_of_order, too_long };

/// `250ms`, `5s`, `1h30m`: whole numbers with units, larger units first. Nothing when it is something else: `why`.
std::optional<duration> read_duration(std::string_view text, duration_fault& why) noexcept;

}  // namespace pgweir::base

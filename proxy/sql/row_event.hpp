#pragma once

#include <cstdint>

namespace pgweir::sql {

/// What is done to the rows of a relation, in the words of triggers: a set of bits.
enum class row_event : std::uint8_t {
    none = 0,
    insert = 1U << 0,
    update = 1U << 1,
    delete_ = 1U << 2,
    truncate = 1U << 3,
};

constexpr row_event operator|(row_event a, row_event b) noexcept {
    return static_cast<row_event>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr row_event operator&(row_event a, row_event b) noexcept {
    return static_cast<row_event>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}
constexpr row_event operator~(row_event a) noexcept {
    return static_cast<row_event>(~static_cast<unsigned>(a) & 15U);
}
constexpr row_event& operator|=(row_event& a, row_event b) noexcept {
    return a = a | b;
}

/// Whether `events` has any of `wanted`.
constexpr bool has(row_event events, row_event wanted) noexcept {
    return (events & wanted) != row_event::none;
}

inline constexpr row_event any_row_event =
    row_event::insert | row_event::update | row_event::delete_ | row_event::truncate;

}  // namespace pgweir::sql

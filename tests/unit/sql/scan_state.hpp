#pragma once

#include <cstdint>
#include <ostream>
#include <string_view>

#include "sql/scan.hpp"

namespace pgweir::sql {

/// The kind of a text has its own tests.
inline constexpr effect kind_of_text = effect::draws | effect::data_modifying | effect::plain_read |
                                       effect::multi_statement | effect::empty | effect::copy | effect::creates_routine;

inline void PrintTo(effect flags, std::ostream* out) {
    *out << "bits";
    for (unsigned bit = 0; bit < 64; ++bit)
        if ((static_cast<std::uint64_t>(flags) >> bit & 1) != 0) *out << ' ' << bit;
}

inline bool has_bit(std::string_view text, effect wanted) {
    return has(scan(text).flags, wanted);
}

inline effect state_of(std::string_view text) {
    return scan(text).flags & ~kind_of_text;
}

}  // namespace pgweir::sql

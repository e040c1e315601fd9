#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "metrics/enum_array.hpp"

namespace pgweir::metrics {

/// A class of SQLSTATE codes, the first two characters (manual, appendix A): an index into the table below. Bounded,
/// because a label must not take whatever a server or an extension makes up.
enum class sqlstate_class : std::uint8_t {};

template <>
struct label_traits<sqlstate_class> {
    static constexpr std::string_view label = "class";
    static constexpr std::array<std::string_view, 45> values{
        "00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21",
        "22", "23", "24", "25", "26", "27", "28", "2B", "2D", "2F", "34", "38", "39", "3B", "3D",
        "3F", "40", "42", "44", "53", "54", "55", "57", "58", "72", "F0", "HV", "P0", "XX", "other",
    };
};

/// The class of a five-character code; `other` for what the table does not have.
sqlstate_class sqlstate_class_of(std::string_view sqlstate) noexcept;

/// Classes that are exported from the start, as zero: what pgweir itself can answer, and what applications watch for.
bool is_watched(sqlstate_class wanted) noexcept;

}  // namespace pgweir::metrics

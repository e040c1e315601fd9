#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/forged_reply.hpp"

namespace pgweir::test {

inline constexpr std::uint32_t int4 = 23, text = 25, uuid = 2950;

/// In the order of the network.
inline std::string integer(std::uint32_t value, int bytes) {
    std::string made;
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) made.push_back(static_cast<char>(value >> shift));
    return made;
}

inline std::string description_of(const std::vector<std::pair<std::string, std::uint32_t>>& columns) {
    std::string fields = integer(static_cast<std::uint32_t>(columns.size()), 2);
    for (const auto& [name, type] : columns)
        fields += name + std::string(1, '\0') + integer(0, 4) + integer(0, 2) + integer(type, 4) + integer(4, 2) +
                  integer(0, 4) + integer(0, 2);
    return cache::message('T', fields);
}

inline std::string data_row(const std::vector<std::optional<std::string_view>>& values) {
    std::string fields = integer(static_cast<std::uint32_t>(values.size()), 2);
    for (const auto& each : values) {
        fields += integer(each ? static_cast<std::uint32_t>(each->size()) : 0xffff'ffffU, 4);
        if (each) fields += *each;
    }
    return cache::message('D', fields);
}

}  // namespace pgweir::test

#include "metrics/sqlstate_class.hpp"

#include <cstddef>

namespace pgweir::metrics {

namespace {

constexpr auto& classes = label_traits<sqlstate_class>::values;
constexpr std::uint8_t other = classes.size() - 1;

// 0-9 and A-Z; others share the last place, where no class has a character.
constexpr std::size_t digit(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<std::size_t>(c - '0');
    if (c >= 'A' && c <= 'Z') return static_cast<std::size_t>(c - 'A') + 10;
    return 36;
}

constexpr std::size_t digits = 37;

constexpr auto by_characters = [] {
    std::array<std::uint8_t, digits * digits> table{};
    table.fill(other);
    for (std::uint8_t i = 0; i < other; ++i) table[digit(classes[i][0]) * digits + digit(classes[i][1])] = i;
    return table;
}();

constexpr auto watched = [] {
    std::array<bool, classes.size()> table{};
    for (const std::string_view name :
         {"08", "0A", "22", "23", "25", "26", "28", "34", "3D", "40", "42", "53", "55", "57", "XX", "other"})
        for (std::size_t i = 0; i < classes.size(); ++i)
            if (classes[i] == name) table[i] = true;
    return table;
}();

}  // namespace

sqlstate_class sqlstate_class_of(std::string_view sqlstate) noexcept {
    if (sqlstate.size() != 5) return sqlstate_class{other};
    return sqlstate_class{by_characters[digit(sqlstate[0]) * digits + digit(sqlstate[1])]};
}

bool is_watched(sqlstate_class wanted) noexcept {
    return watched[static_cast<std::size_t>(wanted)];
}

}  // namespace pgweir::metrics

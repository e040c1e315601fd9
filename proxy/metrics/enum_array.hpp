#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace pgweir::metrics {

/// The values of one label of one metric, in the order of an enum. Specialised beside each enum; has `label`, the
/// label's name, and `values`, an array of names.
template <class Enum>
struct label_traits;

template <class Enum>
inline constexpr std::size_t enum_size = label_traits<Enum>::values.size();

template <class Enum>
constexpr std::string_view name_of(Enum value) noexcept {
    return label_traits<Enum>::values[static_cast<std::size_t>(value)];
}

template <class Enum>
constexpr std::optional<Enum> from_name(std::string_view name) noexcept {
    for (std::size_t i = 0; i < enum_size<Enum>; ++i)
        if (label_traits<Enum>::values[i] == name) return static_cast<Enum>(i);
    return std::nullopt;
}

/// One T for each value of an enum.
template <class Enum, class T>
struct enum_array {
    static constexpr std::size_t size() noexcept { return enum_size<Enum>; }

    T& operator[](Enum index) noexcept { return items[static_cast<std::size_t>(index)]; }
    const T& operator[](Enum index) const noexcept { return items[static_cast<std::size_t>(index)]; }
    auto begin() noexcept { return items.begin(); }
    auto end() noexcept { return items.end(); }
    auto begin() const noexcept { return items.begin(); }
    auto end() const noexcept { return items.end(); }

    std::array<T, enum_size<Enum>> items{};
};

}  // namespace pgweir::metrics

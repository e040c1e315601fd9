#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "metrics/counter.hpp"
#include "metrics/enum_array.hpp"
#include "metrics/histogram.hpp"

/// Adds what one worker counted to a sum: one overload for each shape that counters come in.
namespace pgweir::metrics {

inline void add(std::uint64_t& sum, const counter& part) noexcept {
    sum += part.get();
}

template <class Sum, class Part, std::size_t Size>
void add(std::array<Sum, Size>& sum, const std::array<Part, Size>& part) noexcept {
    for (std::size_t i = 0; i < Size; ++i) add(sum[i], part[i]);
}

template <class Enum, class Sum, class Part>
void add(enum_array<Enum, Sum>& sum, const enum_array<Enum, Part>& part) noexcept {
    for (std::size_t i = 0; i < enum_size<Enum>; ++i) add(sum.items[i], part.items[i]);
}

template <const auto& Bounds>
void add(basic_histogram<std::uint64_t, Bounds>& sum, const basic_histogram<counter, Bounds>& part) noexcept {
    add(sum.buckets, part.buckets);
    add(sum.nanoseconds, part.nanoseconds);
}

}  // namespace pgweir::metrics

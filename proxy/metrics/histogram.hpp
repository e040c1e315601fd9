#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/time.hpp"
#include "metrics/buckets.hpp"
#include "metrics/cache_labels.hpp"
#include "metrics/counter.hpp"
#include "metrics/enum_array.hpp"

namespace pgweir::metrics {

/// Durations counted by size. `Number` is `counter` for the live one (one writer, no lock, any thread may read) and
/// std::uint64_t for sums over workers; `Bounds` is one of metrics::buckets.
template <class Number, const auto& Bounds>
struct basic_histogram {
    static constexpr std::size_t bucket_count = Bounds.size() + 1;
    static constexpr const auto& bounds = Bounds;

    /// A reader may see a bucket without its part of the sum: they are read one after the other.
    void observe(base::duration spent) noexcept
        requires std::is_same_v<Number, counter>
    {
        const auto bucket = std::lower_bound(Bounds.begin(), Bounds.end(), spent) - Bounds.begin();
        buckets[static_cast<std::size_t>(bucket)].add();
        nanoseconds.add(spent);
    }

    std::array<Number, bucket_count> buckets{};  ///< not cumulative; the last one is for what is over all bounds
    Number nanoseconds{};                        ///< sum of all observed durations
};

/// Of requests to a shared store, by what they ask for and how they end.
template <class Number>
using basic_store_latency = enum_array<store_op, enum_array<store_result, basic_histogram<Number, buckets::store>>>;

using latency_histogram = basic_histogram<counter, buckets::latency>;
using overhead_histogram = basic_histogram<counter, buckets::overhead>;

}  // namespace pgweir::metrics

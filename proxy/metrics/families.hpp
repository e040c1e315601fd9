#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "metrics/snapshot.hpp"

namespace pgweir::metrics {

enum class metric_type : std::uint8_t { counter, gauge, histogram };

using label = std::pair<std::string_view, std::string>;

/// A histogram as sums: counts are not cumulative and one longer than the bounds.
struct histogram_sample {
    std::span<const base::duration> bounds;
    std::span<const std::uint64_t> counts;
    std::uint64_t nanoseconds = 0;
};

/// One time series at one moment. Spans point into the snapshot.
struct sample {
    std::vector<label> labels;
    double value = 0;
    histogram_sample histogram;
};

/// One metric: what it is called, and how its samples come out of a snapshot.
struct family {
    std::string_view name;
    metric_type type;
    std::string_view help;  ///< one line: prometheus-cpp does not escape it
    std::vector<sample> (*collect)(const snapshot& from);
};

/// Every metric of pgweir, in the order in which they are exported. Known label values are there from the start.
std::span<const family> families() noexcept;

}  // namespace pgweir::metrics

#pragma once

#include <chrono>

namespace pgweir::base {

/// The core never asks for the time: it is an argument. The shells read this clock once per event-loop tick.
using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using duration = std::chrono::nanoseconds;

/// A deadline that is switched off.
inline constexpr time_point never = time_point::max();

/// `off` is written as zero in every settings struct.
inline constexpr duration off = duration::zero();

inline time_point deadline_after(time_point now, duration limit) {
    return limit == off ? never : now + limit;
}

inline double to_seconds(duration d) {
    return std::chrono::duration<double>(d).count();
}

}  // namespace pgweir::base

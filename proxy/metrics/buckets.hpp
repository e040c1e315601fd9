#pragma once

#include <array>
#include <chrono>

#include "base/time.hpp"

namespace pgweir::metrics {

/// Upper bounds, inclusive and rising; beyond the last there is always one more bucket. A service level that somebody
/// wants to watch must be one of the bounds, and bounds must not change between releases: dashboards name them.
namespace buckets {

namespace detail {
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
}  // namespace detail

/// For anything that a client waits for.
inline constexpr std::array<base::duration, 17> latency{
    detail::microseconds(100),  detail::microseconds(250),  detail::microseconds(500), detail::milliseconds(1),
    detail::microseconds(2500), detail::milliseconds(5),    detail::milliseconds(10),  detail::milliseconds(25),
    detail::milliseconds(50),   detail::milliseconds(100),  detail::milliseconds(250), detail::milliseconds(500),
    detail::seconds(1),         detail::milliseconds(2500), detail::seconds(5),        detail::seconds(10),
    detail::seconds(30),
};

/// For an answer of the shared store, which a hit waits for: a round trip on one machine takes tens of microseconds.
inline constexpr std::array<base::duration, 14> store{
    detail::microseconds(25),  detail::microseconds(50), detail::microseconds(100),  detail::microseconds(250),
    detail::microseconds(500), detail::milliseconds(1),  detail::microseconds(2500), detail::milliseconds(5),
    detail::milliseconds(10),  detail::milliseconds(25), detail::milliseconds(50),   detail::milliseconds(100),
    detail::milliseconds(250), detail::seconds(1),
};

/// For what pgweir itself adds to a request.
inline constexpr std::array<base::duration, 11> overhead{
    detail::microseconds(5),    detail::microseconds(10),  detail::microseconds(25),  detail::microseconds(50),
    detail::microseconds(100),  detail::microseconds(250), detail::microseconds(500), detail::milliseconds(1),
    detail::microseconds(2500), detail::milliseconds(5),   detail::milliseconds(10),
};

}  // namespace buckets

}  // namespace pgweir::metrics

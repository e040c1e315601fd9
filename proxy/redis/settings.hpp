#pragma once

#include <chrono>
#include <cstddef>

#include "base/time.hpp"
#include "redis/url.hpp"

namespace pgweir::redis {

/// What one connection may hold. What is over it fails at once, so that a store that is slow costs memory for no more
/// than this, on each worker.
struct request_limits {
    std::size_t requests = 10000;                     ///< that wait for their replies
    std::size_t bytes = std::size_t{16} << 20;        ///< of those requests
    std::size_t reply_bytes = std::size_t{64} << 20;  ///< of one reply; a larger one ends the connection
};

struct settings {
    url where;
    base::duration timeout = std::chrono::milliseconds(50);  ///< of each request, more than zero
    /// For each address of the host: the connection and the greeting. More than zero.
    base::duration connect_timeout = std::chrono::seconds(1);
    /// How often the server is asked whether it is still the primary with the same data. More than zero.
    base::duration check_interval = std::chrono::seconds(1);
    request_limits most;
};

}  // namespace pgweir::redis

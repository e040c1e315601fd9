#pragma once

#include <cstdint>

#include "base/time.hpp"

namespace pgweir::pool {

/// Counters since the pool was made.
struct pool_totals {
    std::uint64_t granted_at_once = 0;
    std::uint64_t granted_from_queue = 0;
    std::uint64_t queued = 0;
    std::uint64_t rejected = 0;   ///< the queue was full
    std::uint64_t abandoned = 0;  ///< left the queue without a server: died, cancelled, timed out
    std::uint64_t dismissed = 0;  ///< taken out of the queue: the server refused the pool's login, or a shutdown
    std::uint64_t connects_started = 0;
    std::uint64_t connects_failed = 0;   ///< all reasons
    std::uint64_t connects_refused = 0;  ///< of these: 53300 or a role's or database's connection limit
    std::uint64_t closed_lifetime = 0;
    std::uint64_t closed_idle = 0;
    std::uint64_t closed_surplus = 0;   ///< over the pool's size, retired, or given up for another pool
    std::uint64_t closed_unusable = 0;  ///< doomed, or talked while idle
};

/// A pool at one moment.
struct pool_snapshot {
    std::uint32_t size = 0;            ///< configured
    std::uint32_t effective_size = 0;  ///< below `size` while the server refuses more connections
    std::uint32_t reserve_size = 0;
    std::uint32_t reserve_in_use = 0;  ///< open or being opened beyond `size`
    std::uint32_t open = 0;            ///< idle + lent + limbo
    std::uint32_t idle = 0;
    std::uint32_t lent = 0;
    std::uint32_t limbo = 0;  ///< back from a client, but a cancel request is still on its way to them
    std::uint32_t connecting = 0;
    std::uint32_t leaving = 0;   ///< given out to be closed
    std::uint32_t handoffs = 0;  ///< of the lent: on their way to another worker
    std::uint32_t cancels = 0;   ///< members with a cancel request on its way
    std::uint32_t waiting = 0;
    std::uint32_t peak_waiting = 0;  ///< the longest the queue ever was
    std::uint32_t clients = 0;       ///< see server_pool::client_arrived()
    base::duration oldest_wait{};

    // Integrals over the pool's life: their increase divided by the time between two looks is the mean number.
    double busy_seconds = 0;       ///< of lent servers
    double waiting_seconds = 0;    ///< of waiting clients, however their wait ended
    double saturated_seconds = 0;  ///< time with somebody waiting and no place left for another server

    pool_totals totals;
};

}  // namespace pgweir::pool

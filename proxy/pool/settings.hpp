#pragma once

#include <chrono>
#include <cstdint>

#include "base/time.hpp"

namespace pgweir::pool {

enum class mode { session, transaction };

/// A limit that is off.
inline constexpr std::uint32_t unlimited = 0;

struct settings {
    pool::mode mode = mode::transaction;
    std::uint32_t size = 20;          ///< server connections, 1 to 10000
    std::uint32_t min_idle = 0;       ///< kept open while anybody uses the pool
    std::uint32_t connect_burst = 4;  ///< connects in flight at once
    std::uint32_t reserve_size = 0;   ///< opened beyond size when a client has waited reserve_after
    base::duration reserve_after = std::chrono::seconds(5);
    base::duration queue_max_wait = std::chrono::seconds(30);
    std::uint32_t queue_max_length = 10000;

    base::duration server_lifetime = std::chrono::hours(1);
    base::duration server_idle_timeout = std::chrono::minutes(10);
    base::duration server_check_after = std::chrono::seconds(30);

    std::uint32_t max_servers = unlimited;  ///< over all pools of the database
    std::uint32_t max_pinned = unlimited;   ///< clients of one pool that keep their server between transactions
};

}  // namespace pgweir::pool

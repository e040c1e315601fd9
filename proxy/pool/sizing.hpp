#pragma once

#include <chrono>
#include <cstdint>

#include "base/time.hpp"

namespace pgweir::pool {

/// What the number of connects to start depends on.
struct demand {
    std::uint32_t waiting = 0;
    std::uint32_t connecting = 0;
    std::uint32_t idle = 0;
    std::uint32_t taken = 0;      ///< places in use: connecting, open and leaving
    std::uint32_t effective = 0;  ///< places the pool may use now
    std::uint32_t reserve = 0;    ///< further places, for waiting clients only; 0 while they are locked
    std::uint32_t min_idle = 0;   ///< 0 while nobody uses the pool
    std::uint32_t burst = 1;      ///< connects in flight at once
};

/// How many connects to start: one for each client that no connect in flight will serve, and what min_idle lacks.
std::uint32_t connects_to_start(const demand& d) noexcept;

/// The number of places left: never negative.
constexpr std::uint32_t room_for(std::uint32_t limit, std::uint32_t taken) noexcept {
    return taken < limit ? limit - taken : 0;
}

/// When a server connection should be replaced: its lifetime less up to a fifth, so that connections opened together
/// do not end together. base::never if lifetimes are off.
base::time_point lifetime_end(base::time_point created, base::duration lifetime, std::uint64_t entropy) noexcept;

/// The least time between two closes because of lifetime: twice as fast as `size` servers age, so that the pool keeps
/// up and is never emptied at once.
base::duration retirement_gap(base::duration lifetime, std::uint32_t size) noexcept;

inline constexpr base::duration shortest_retry = std::chrono::milliseconds(50);
inline constexpr base::duration longest_retry = std::chrono::seconds(1);         ///< while somebody waits
inline constexpr base::duration longest_idle_retry = std::chrono::seconds(15);  ///< while nobody does

/// How long to pause after the n-th failed round of connects (n >= 1): doubles from 100 ms to `longest`, and the
/// result is between half of that and all of it, so that several sidecars do not come back in step.
base::duration retry_delay(std::uint32_t n, base::duration longest, std::uint64_t entropy) noexcept;

inline constexpr base::duration shortest_probe = std::chrono::seconds(1);
inline constexpr base::duration longest_probe = std::chrono::seconds(60);

/// The interval between attempts to get one server more than the server allowed: doubles when refused again, falls to
/// a quarter when one was had, since where one place became free there often are more. The longest rises with the
/// servers that the pool has: of several pools, those with fewer ask more often.
base::duration probe_interval_refused(base::duration interval, std::uint32_t open) noexcept;
base::duration probe_interval_granted(base::duration interval) noexcept;

/// While PostgreSQL has fewer places than are wanted: how often each of `open` servers is given up on average is once
/// in `sharing_turn`, and this is the time from one to the next. A new connection costs PostgreSQL some milliseconds.
inline constexpr base::duration sharing_turn = std::chrono::seconds(20);
base::duration give_up_gap(std::uint32_t open) noexcept;

/// How often PostgreSQL is asked how many places it has: nobody refuses a pool that has all it wants.
inline constexpr base::duration place_count_interval = std::chrono::seconds(3);

/// And how long a server stays idle then.
inline constexpr base::duration sharing_idle_timeout = std::chrono::seconds(2);

/// The interval moved by up to a quarter either way.
base::duration jittered(base::duration interval, std::uint64_t entropy) noexcept;

}  // namespace pgweir::pool

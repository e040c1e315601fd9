#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/time.hpp"
#include "pool/settings.hpp"
#include "pool/slot.hpp"

namespace pgweir::pool {

class member;
class server_pool;

/// A limit on the server connections of all pools of one database, and what keeps one pool from starving another
/// under it. It outlives its pools; all calls are made under the lock of the pools.
class database_budget {
public:
    /// How much longer than its own oldest client the client of another pool must have waited before a pool gives up a
    /// server for it: each exchange costs a login, so places move slowly and waits still even out.
    static constexpr base::duration patience = std::chrono::milliseconds(500);

    explicit database_budget(std::uint32_t limit = unlimited);

    std::uint32_t limit() const noexcept { return limit_; }
    void set_limit(std::uint32_t limit) noexcept { limit_ = limit; }

    std::uint32_t taken() const noexcept { return counts_->taken(); }
    /// How many more may be opened.
    std::uint32_t room() const noexcept;
    /// How many of these `pool` may take: places go first to pools whose oldest client has waited longer.
    std::uint32_t places_for(const server_pool& pool, base::time_point now) const;

private:
    friend class server_pool;

    void enlist(server_pool& pool) { pools_.push_back(&pool); }
    void strike_off(const server_pool& pool) { std::erase(pools_, &pool); }

    std::uint32_t leaving() const noexcept { return counts_->leaving.load(std::memory_order_relaxed); }

    /// True if `pool` should give up a server that came free, since a client of another pool has waited longer and no
    /// place is being vacated already.
    bool should_yield(const server_pool& pool, base::time_point now) const;

    /// The pool, other than `pool`, whose longest idle server has been idle longest; null if no other has any.
    server_pool* idlest_other(const server_pool& pool) const;

    std::vector<server_pool*> pools_;
    std::shared_ptr<slot_counts> counts_ = std::make_shared<slot_counts>();
    std::uint32_t limit_;
};

}  // namespace pgweir::pool

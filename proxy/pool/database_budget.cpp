#include "pool/database_budget.hpp"

#include <limits>

#include "pool/server_pool.hpp"

namespace pgweir::pool {

database_budget::database_budget(std::uint32_t limit) : limit_(limit) {}

std::uint32_t database_budget::room() const noexcept {
    return limit_ == unlimited ? std::numeric_limits<std::uint32_t>::max() : room_for(limit_, taken());
}

std::uint32_t database_budget::places_for(const server_pool& pool, base::time_point now) const {
    std::uint32_t left = room();
    if (limit_ == unlimited) return left;
    const waiter* own = pool.oldest_waiter();
    for (const server_pool* other : pools_) {
        if (left == 0) break;
        const waiter* theirs = other == &pool ? nullptr : other->oldest_waiter();
        if (theirs == nullptr || (own != nullptr && own->since() <= theirs->since())) continue;
        left = room_for(left, other->wanted_within_pool(now));
    }
    return left;
}

bool database_budget::should_yield(const server_pool& pool, base::time_point now) const {
    if (room() > 0 || leaving() > 0) return false;
    const waiter* own = pool.oldest_waiter();
    for (const server_pool* other : pools_) {
        if (other == &pool || other->places_missing(now) == 0) continue;
        if (own == nullptr || other->oldest_waiter()->since() + patience < own->since()) return true;
    }
    return false;
}

server_pool* database_budget::idlest_other(const server_pool& pool) const {
    server_pool* found = nullptr;
    for (server_pool* other : pools_) {
        if (other == &pool || other->idle_.empty()) continue;
        if (found == nullptr || other->idle_.longest_idle()->last_used() < found->idle_.longest_idle()->last_used()) {
            found = other;
        }
    }
    return found;
}

}  // namespace pgweir::pool

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/time.hpp"
#include "pool/member.hpp"

namespace pgweir::pool {

/// The idle servers of a pool, the most recently used on top.
///
/// Lending the most recently used one keeps as few PostgreSQL backends awake as the load needs, with their caches warm.
/// A server in the client's own session state saves a round trip (the difference has to be set first), one of the same
/// worker saves a move to another reactor. Both are looked for only among the topmost `reach` servers: the awake set
/// grows by a constant, and the search cannot grow with the pool. State comes first because it costs more.
class idle_stack {
public:
    static constexpr std::size_t reach = 8;

    bool empty() const noexcept { return members_.empty(); }
    std::size_t size() const noexcept { return members_.size(); }

    void push(std::unique_ptr<member> server);

    /// The best for a client with this state on this worker; null when empty.
    std::unique_ptr<member> take_for(const void* state_key, std::uint32_t worker);

    /// The one that has been unused longest; null when empty.
    const member* longest_idle() const noexcept { return members_.empty() ? nullptr : members_.front().get(); }
    std::unique_ptr<member> take_longest_idle();

    std::unique_ptr<member> take(std::uint64_t id);

    /// The one whose lifetime ends first, or did; null when empty. Looks at all of them.
    const member* first_to_expire() const noexcept;

    /// A time not later than the end of any member's lifetime, kept without a search.
    base::time_point expiry_floor() const noexcept { return members_.empty() ? base::never : expiry_floor_; }
    void recompute_expiry_floor() noexcept;

    std::vector<std::unique_ptr<member>> take_all();

    template <class Function>
    void for_each(Function&& apply) {
        for (auto& server : members_) apply(*server);
    }
    template <class Function>
    void for_each(Function&& look) const {
        for (const auto& server : members_) look(static_cast<const member&>(*server));
    }

private:
    std::unique_ptr<member> take_at(std::size_t index);

    std::vector<std::unique_ptr<member>> members_;  ///< the top is the back
    base::time_point expiry_floor_ = base::never;
};

}  // namespace pgweir::pool

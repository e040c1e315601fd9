#pragma once

#include <cstddef>
#include <mutex>
#include <optional>

#include "cache/memory_store.hpp"
#include "relay/cache_domain.hpp"

namespace pgweir::admin {

/// Looks at all entries of a cache, with its mutex held for one step at a time. Any thread, one at a time.
class cache_walk {
public:
    explicit cache_walk(relay::cache_domain& through) : through_(through) {
        const std::lock_guard lock(through_.mutex());
        walk_.emplace(through_.store().entries());
    }
    ~cache_walk() {
        const std::lock_guard lock(through_.mutex());
        walk_.reset();
    }
    cache_walk(const cache_walk&) = delete;
    cache_walk& operator=(const cache_walk&) = delete;

    /// Calls `look(const slot&)` for the next entries. True: there are more.
    template <class Function>
    bool step(Function&& look) {
        // Clients wait for as long as it takes to look at these.
        constexpr std::size_t entries_in_a_step = 256;
        const std::lock_guard lock(through_.mutex());
        walk_->step(entries_in_a_step, [&look](const cache::memory_store::slot& each) {
            look(each);
            return false;
        });
        return !walk_->ended();
    }

private:
    relay::cache_domain& through_;
    std::optional<cache::memory_store::walk> walk_;
};

}  // namespace pgweir::admin

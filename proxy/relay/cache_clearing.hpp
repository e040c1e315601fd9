#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "cache/clearing.hpp"
#include "relay/cache_domain.hpp"

namespace pgweir::relay {

/// What an operator wants gone from a cache.
struct clear_target {
    enum class kind : std::uint8_t { everything, relations, rule };
    kind is = kind::everything;
    std::vector<cache::relation_id> relations;
    std::uint32_t rule = 0;  ///< its number
};

/// Clears a database's cache. Takes its mutex for one step at a time. Any thread, one at a time.
class cache_clearing {
public:
    cache_clearing(cache_domain& whose, const clear_target& what);
    ~cache_clearing();
    cache_clearing(const cache_clearing&) = delete;
    cache_clearing& operator=(const cache_clearing&) = delete;

    /// True: there is more to do.
    bool step();
    const cache_domain& domain() const noexcept { return domain_; }
    std::size_t dropped() const noexcept { return clearing_->dropped(); }

private:
    cache_domain& domain_;
    std::optional<cache::clearing> clearing_;
};

}  // namespace pgweir::relay

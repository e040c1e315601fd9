#include "admin/cache_lookup.hpp"

#include <mutex>

#include "base/published.hpp"

namespace pgweir::admin {

std::vector<cached_pool> find_cached_pools(relay::pool_directory& directory) {
    std::vector<cached_pool> found;
    const std::lock_guard lock(directory.mutex());
    directory.for_each([&found](relay::shared_pool& pool) {
        if (pool.cache() == nullptr || !pool.in_use()) return;
        base::published<catalog::schema_map>::copy map;
        pool.schema_map.renew(map);
        base::published<std::string>::copy context;
        pool.parse_context.renew(context);
        found.push_back({.pool = &pool,
                         .cache = pool.cache(),
                         .forces_user = pool.settings()->upstream.forces_user(),
                         .map = std::move(map.value),
                         .parse_context = std::move(context.value)});
    });
    return found;
}

std::vector<relay::cache_domain*> find_caches(relay::pool_directory& directory) {
    std::vector<relay::cache_domain*> found;
    const std::lock_guard lock(directory.mutex());
    directory.for_each_cache([&found](relay::cache_domain& each) { found.push_back(&each); });
    return found;
}

std::optional<std::uint32_t> find_rule(const relay::cache_domain& of, const std::string& name) {
    std::uint32_t number = 0;
    for (const cache::rule& each : of.settings().rules) {
        ++number;
        if (each.name == name) return number;
    }
    return std::nullopt;
}

std::optional<std::string> name_of_rule(const relay::cache_domain& of, std::uint32_t number) {
    const auto& rules = of.settings().rules;
    if (number == 0 || number > rules.size()) return std::nullopt;
    return rules[number - 1].name;
}

}  // namespace pgweir::admin

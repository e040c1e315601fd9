#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/schema_map.hpp"
#include "relay/cache_domain.hpp"
#include "relay/pool_directory.hpp"

namespace pgweir::admin {

/// A pool whose replies are cached, and what its statements are judged by.
struct cached_pool {
    relay::shared_pool* pool = nullptr;  ///< lives until the process ends, as its cache does
    relay::cache_domain* cache = nullptr;
    bool forces_user = false;  ///< clients of any name use it
    std::shared_ptr<const catalog::schema_map> map;     ///< null: not read
    std::shared_ptr<const std::string> parse_context;  ///< null: no server was opened
};

/// In the order of their names. Any thread.
std::vector<cached_pool> find_cached_pools(relay::pool_directory& directory);
std::vector<relay::cache_domain*> find_caches(relay::pool_directory& directory);

/// What a rule of that name is called in entries. Nothing when there is none.
std::optional<std::uint32_t> find_rule(const relay::cache_domain& of, const std::string& name);
/// The name of that rule; nothing when the number is of none.
std::optional<std::string> name_of_rule(const relay::cache_domain& of, std::uint32_t number);

}  // namespace pgweir::admin

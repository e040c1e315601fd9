#include "cli/configuration.hpp"

#include <iostream>
#include <utility>

#include "redis/url.hpp"

namespace pgweir::cli {

bool load(const config::source& from, config::settings& into) {
    config::outcome loaded = config::load(from);
    for (const config::problem& problem : loaded.problems) std::cerr << config::to_string(problem) << '\n';
    into = std::move(loaded.value);
    if (!loaded.ok() || !into.cache.is_shared()) return loaded.ok();
    const auto url = redis::parse_url(into.cache.redis.url);
    if (!url) std::cerr << "cache.redis.url: " << url.error().message() << '\n';
    return url.has_value();
}

}  // namespace pgweir::cli

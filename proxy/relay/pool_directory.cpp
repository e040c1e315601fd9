#include "relay/pool_directory.hpp"

#include <utility>

namespace pgweir::relay {

shared_pool& pool_directory::find_or_make(const std::string& database, const std::string& user,
                                          const std::shared_ptr<const database_settings>& how,
                                          const std::function<auth::credentials()>& proven) {
    const bool forced = how->upstream.forces_user();
    const std::string& server_user = forced ? how->upstream.user : user;
    auto& pool = pools_[{database, server_user}];
    if (!pool) {
        auto& budget = budgets_[database];
        if (!budget) budget = std::make_unique<pool::database_budget>(how->pool.max_servers);
        pool = std::make_unique<shared_pool>(database, server_user, how,
                                             forced ? how->upstream_credentials() : proven(), workers_, budget.get());
        if (how->cache.is_wanted()) use_cache(*pool);
    } else if (!forced) {
        // The client has just proved it, so it is at least as new as what is kept.
        pool->credentials = proven();
    }
    return *pool;
}

// Two names of one server are two caches: its lock tells one from the other as it does two processes.
void pool_directory::use_cache(shared_pool& pool) {
    const upstream::settings& to = pool.settings()->upstream;
    const std::string& database = to.database.empty() ? pool.database() : to.database;
    const std::string where = to.host + ":" + std::to_string(to.port) + "/" + database;
    auto& found = caches_[where];
    if (!found) found = std::make_unique<cache_domain>(where, pool.settings()->cache, seeds_(), wake_);
    pool.use_cache(*found);
}

std::vector<std::unique_ptr<pool::member>> pool_directory::serve_by(const std::shared_ptr<const service_settings>& what,
                                                                    base::time_point now) {
    std::vector<std::unique_ptr<pool::member>> leaving;
    for (auto& [key, pool] : pools_) {
        const auto& [database, user] = key;
        auto how = find_database(what, database);
        if (how && how->upstream.forces_user() && how->upstream.user != user) how = nullptr;
        for (auto& idle : pool->reconfigure(std::move(how), now)) leaving.push_back(std::move(idle));
    }
    for (auto& [database, budget] : budgets_)
        if (const auto how = find_database(what, database)) budget->set_limit(how->pool.max_servers);
    for (const auto& [name, database] : what->databases) {
        if (name == "*" || !database.upstream.forces_user()) continue;
        auto& pool = find_or_make(name, {}, find_database(what, name), {});
        if (pool.greetings_known() == 0) pool.servers.try_out(now);
    }
    return leaving;
}

}  // namespace pgweir::relay

#include "relay/pool_directory.hpp"

namespace pgweir::relay {

shared_pool& pool_directory::find_or_make(const std::string& database, const std::string& user,
                                          const database_settings& how, const auth::credentials& secret) {
    auto& pool = pools_[{database, user}];
    if (!pool) {
        pool::database_budget* budget = nullptr;
        if (how.pool.max_servers != pool::unlimited) {
            auto& shared = budgets_[database];
            if (!shared) shared = std::make_unique<pool::database_budget>(how.pool.max_servers);
            budget = shared.get();
        }
        pool = std::make_unique<shared_pool>(database, user, how, secret, workers_, budget);
    } else if (!how.upstream.forces_user()) {
        // The client has just proved it, so it is at least as new as what is kept.
        pool->credentials = secret;
    }
    return *pool;
}

}  // namespace pgweir::relay

#include "relay/pool_directory.hpp"

namespace pgweir::relay {

namespace {

auth::credentials own_credentials(const database_settings& how) {
    auth::credentials own;
    own.user = how.upstream.user;
    own.password = how.upstream.password;
    return own;
}

}  // namespace

shared_pool& pool_directory::find_or_make(const std::string& database, const std::string& user,
                                          const database_settings& how,
                                          const std::function<auth::credentials()>& proven) {
    const bool forced = how.upstream.forces_user();
    const std::string& server_user = forced ? how.upstream.user : user;
    auto& pool = pools_[{database, server_user}];
    if (!pool) {
        pool::database_budget* budget = nullptr;
        if (how.pool.max_servers != pool::unlimited) {
            auto& shared = budgets_[database];
            if (!shared) shared = std::make_unique<pool::database_budget>(how.pool.max_servers);
            budget = shared.get();
        }
        pool = std::make_unique<shared_pool>(database, server_user, how, forced ? own_credentials(how) : proven(),
                                             workers_, budget);
    } else if (!forced) {
        // The client has just proved it, so it is at least as new as what is kept.
        pool->credentials = proven();
    }
    return *pool;
}

}  // namespace pgweir::relay

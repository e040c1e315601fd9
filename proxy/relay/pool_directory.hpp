#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "auth/server_login.hpp"
#include "base/interner.hpp"
#include "base/shared_counter.hpp"
#include "pool/database_budget.hpp"
#include "pool/limits.hpp"
#include "relay/cache_domain.hpp"
#include "relay/notifiers.hpp"
#include "relay/shared_pool.hpp"

namespace pgweir::relay {

/// Every pool of the process and the one mutex that guards them all: counts, queues and limits are short work, and a
/// single lock cannot be taken in the wrong order. Outlives the workers.
class pool_directory {
public:
    explicit pool_directory(std::uint32_t workers) : workers_(workers) {}

    std::mutex& mutex() noexcept { return mutex_; }
    base::interner& texts() noexcept { return texts_; }
    /// See session::exchange::schema.
    base::shared_counter& schema() noexcept { return schema_; }
    notifiers& who_notifies() noexcept { return notifiers_; }

    // ---- under the mutex ----

    /// The pool of a client that has logged in as `user`. `proven` tells what it has proved; asked only when that is
    /// what its servers log in with.
    shared_pool& find_or_make(const std::string& database, const std::string& user,
                              const std::shared_ptr<const database_settings>& how,
                              const std::function<auth::credentials()>& proven);

    /// After a reload: every pool goes on by what is configured now. A database whose upstream names the user has one
    /// pool, known before its first client: it is made, and tried out. Returns idle servers to close.
    [[nodiscard]] std::vector<std::unique_ptr<pool::member>> serve_by(
        const std::shared_ptr<const service_settings>& what, base::time_point now);

    /// To be called before there are pools: how caches reach clients, and numbers that no client knows.
    void use_for_caches(cache_domain::wake to_clients, std::function<std::uint64_t()> seeds) {
        wake_ = std::move(to_clients);
        seeds_ = std::move(seeds);
    }
    template <class Function>
    void for_each_cache(Function&& apply) {
        for (auto& [where, cache] : caches_) apply(*cache);
    }

    template <class Function>
    void for_each(Function&& apply) {
        for (auto& [key, pool] : pools_) apply(*pool);
    }

    pool::client_limits limits;

private:
    std::uint32_t workers_;
    std::mutex mutex_;
    base::interner texts_;
    base::shared_counter schema_;
    notifiers notifiers_;  ///< outlives the pools, whose servers are known to it
    std::map<std::string, std::unique_ptr<pool::database_budget>> budgets_;
    void use_cache(shared_pool& pool);

    cache_domain::wake wake_;
    std::function<std::uint64_t()> seeds_;
    std::map<std::string, std::unique_ptr<cache_domain>> caches_;  ///< by the database at the server
    std::map<std::pair<std::string, std::string>, std::unique_ptr<shared_pool>> pools_;
};

}  // namespace pgweir::relay

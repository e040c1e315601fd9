#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "admin/database_stats.hpp"
#include "cache/shared_store.hpp"
#include "metrics/pool_counters.hpp"
#include "metrics/snapshot.hpp"
#include "pool/snapshot.hpp"
#include "relay/views.hpp"

namespace pgweir::admin {

/// One pool as the console shows it.
struct pool_view {
    const relay::shared_pool* pool = nullptr;
    std::string database, user, mode;
    std::string upstream;           ///< host:port
    std::string cache;              ///< as proxy_state::caches names it; empty: nothing of this pool is cached
    bool only_of_database = false;  ///< all clients of the database work as one user
    pool::pool_snapshot servers;
    std::vector<relay::server_view> idle;
    metrics::pool_counters_sum counters;
};

stats_by_database totals_of(const std::vector<pool_view>& pools);

/// Everything there is to show, at nearly one moment.
struct proxy_state {
    std::vector<pool_view> pools;
    std::vector<relay::client_view> clients;
    std::vector<metrics::cache_snapshot> caches;
    std::size_t cancelling = 0;
    std::size_t connecting = 0;
    stats_by_database averages;  ///< of the last period that has ended
};

/// Collects from pools and workers.
class state_source {
public:
    /// `done` is called once, on any worker's thread.
    virtual void collect(std::function<void(proxy_state)> done) = 0;
    /// Runs `work` on that worker's thread.
    virtual void run_on(std::uint32_t worker, std::function<void()> work) = 0;
    /// That worker's way to what several pgweirs share, for its own thread; null: there is none.
    virtual cache::shared_store* store_of(std::uint32_t) { return nullptr; }

protected:
    ~state_source() = default;
};

}  // namespace pgweir::admin

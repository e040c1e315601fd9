#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "admin/state_source.hpp"
#include "metrics/snapshot.hpp"
#include "relay/pool_directory.hpp"
#include "runtime/worker_group.hpp"

namespace pgweir::runtime {

/// Looks at everything from outside: asks each worker on its own thread and the pools under their mutex, and puts the
/// answers together, for the console and for /metrics. Any thread.
class observer final : public admin::state_source {
public:
    observer(relay::pool_directory& directory, worker_group& workers, metrics::application_names& applications,
             std::uint32_t max_clients);

    void collect(std::function<void(admin::proxy_state)> done) override;
    void run_on(std::uint32_t worker, std::function<void()> work) override;
    cache::shared_store* store_of(std::uint32_t worker) override { return workers_.at(worker).store(); }

    /// Waits for the workers' answers: not from a worker's thread. Throws when they do not answer in time.
    metrics::snapshot metrics_snapshot();

    /// The period that SHOW STATS averages over ends, and the next one begins. To be called by a timer.
    void end_stats_period();
    static constexpr base::duration stats_period = std::chrono::seconds(60);

    /// Whether every event loop has turned since it was last asked. Not from a worker's thread.
    bool loops_turn();

    /// Why no client could be served now; empty when one could.
    std::string why_not_ready() const;

    /// The configuration was read again and holds; or could not be read.
    void reloaded(std::uint32_t max_clients);
    void reload_failed() { ++failed_reloads_; }

    /// The start of the end: not ready from now on.
    void draining() noexcept { draining_.store(true, std::memory_order_relaxed); }

private:
    void collect_pools(admin::proxy_state& state) const;
    metrics::pool_snapshot snapshot_of(const admin::pool_view& view, const admin::proxy_state& state) const;

    relay::pool_directory& directory_;
    worker_group& workers_;
    metrics::application_names& applications_;
    std::atomic<std::uint32_t> max_clients_;
    std::atomic<std::uint64_t> reloads_{0};
    std::atomic<std::uint64_t> failed_reloads_{0};
    std::atomic<std::chrono::system_clock::time_point> loaded_at_{std::chrono::system_clock::now()};
    std::atomic<bool> draining_{false};

    mutable std::mutex averages_mutex_;
    base::time_point period_began_ = base::clock::now();
    admin::stats_by_database totals_then_;
    admin::stats_by_database averages_;
};

}  // namespace pgweir::runtime

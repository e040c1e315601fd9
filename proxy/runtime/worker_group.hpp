#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "relay/cache_keepers.hpp"
#include "relay/listeners.hpp"
#include "relay/worker.hpp"
#include "runtime/shared_stores.hpp"
#include "runtime/worker_thread.hpp"

namespace pgweir::runtime {

/// All workers, each with its thread, and the way from one to another.
class worker_group final : public relay::worker_switch, relay::hub_access, relay::cache_access {
public:
    worker_group() = default;
    ~worker_group();

    /// Makes `count` workers; they do not run yet.
    void create(std::uint32_t count, relay::pool_directory& directory, relay::cancel_registry& cancels,
                relay::virtual_database* console, metrics::application_names& applications,
                const std::shared_ptr<const relay::service_settings>& settings);
    void start();
    /// The pools serve by another configuration now. Any thread.
    void reconfigured() { listeners_->reconfigured(); }
    /// Of the pools that are known.
    void keep_caches(relay::pool_directory& of);
    /// Stops the loops and waits for the threads.
    void join();
    /// After join(): the workers with all that they own.
    void destroy() {
        stores_.reset();
        keepers_.reset();
        listeners_.reset();
        workers_.clear();
    }

    /// Of the store that several pgweirs share, if there is one. Any thread.
    std::optional<metrics::store_snapshot> look_at_store() const {
        return stores_ ? std::optional(stores_->look()) : std::nullopt;
    }

    std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(workers_.size()); }
    relay::worker& at(std::uint32_t index) { return *workers_[index]; }

    /// The worker with the fewest clients.
    std::uint32_t least_loaded() const noexcept;

    void post(std::uint32_t worker, std::function<void()> work) override;
    relay::borrower* find(std::uint32_t worker, std::uint64_t client) override;
    relay::lender& lender_of(std::uint32_t worker) override;
    void tell_client(std::uint64_t client, const session::hub_answer& what) override;
    void cache_moved(std::uint64_t client) override;
    void cancel(relay::client_address where, std::function<void()> done) override;
    void keep_cache(relay::shared_pool& of) override { keepers_->keep(of); }

private:
    void ask_hub(std::uint64_t client, relay::shared_pool& of, session::hub_request what) override;
    void leave_hub(std::uint64_t client, relay::shared_pool& of) override;

    std::vector<std::unique_ptr<relay::worker>> workers_;
    std::vector<worker_thread> threads_;
    std::unique_ptr<relay::listeners> listeners_;  ///< of the first worker
    std::unique_ptr<relay::cache_keepers> keepers_;  ///< of the first worker
    std::unique_ptr<shared_stores> stores_;  ///< null: there are none
};

}  // namespace pgweir::runtime

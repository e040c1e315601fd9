#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/unique_fd.hpp"
#include "net/address.hpp"
#include "net/silence.hpp"
#include "relay/client.hpp"
#include "relay/views.hpp"
#include "relay/worker_services.hpp"

namespace pgweir::relay {

/// What all workers share.
struct worker_common {
    pool_directory& directory;
    cancel_registry& cancels;
    worker_switch& others;
    virtual_database* console;
    metrics::application_names& applications;
    hub_access& listening;
    cache_access& caching;
};

/// One event loop, its clients, and its hands on the pools. Everything but post() and the counters belongs to the
/// thread that runs the loop.
class worker final : client_home {
public:
    worker(std::uint32_t index, const worker_common& common, std::shared_ptr<const service_settings> settings);
    ~worker();

    /// Until stop(). Called by the worker's thread.
    void run();
    /// Any thread.
    void stop();
    void post(std::function<void()> work) { reactor_.post(std::move(work)); }

    net::reactor& reactor() noexcept { return reactor_; }
    net::deadline_queue& deadlines() noexcept { return deadlines_; }
    lender& servers() noexcept { return lender_; }
    net::random_source& random() noexcept { return random_; }
    const metrics::worker_counters& counters() const noexcept { return services_.counters; }

    /// A newcomer. `too_many`: over listen.max_clients, to be told so when it has said who it is.
    void accept(base::unique_fd socket, const net::socket_address& peer, pool::admission place, bool too_many);
    /// One that was closed at once.
    void count_refused(metrics::rejection_reason why) { services_.counters.rejections[why].add(); }

    /// Clients of this worker, for choosing the one with the fewest. Any thread.
    std::size_t load() const noexcept { return load_.load(std::memory_order_relaxed); }

    const service_settings& settings() const noexcept { return *services_.settings; }
    /// For clients that come from now on.
    void set_settings(std::shared_ptr<const service_settings> settings) { services_.settings = std::move(settings); }

    /// Before clients come.
    void use_store(cache::shared_store& store) noexcept { services_.store = &store; }
    cache::shared_store* store() const noexcept { return services_.store; }

    borrower* find(std::uint64_t client) const;
    void tell(std::uint64_t client, const session::hub_answer& what);
    void cache_moved(std::uint64_t client);
    void cancel(std::uint64_t client, std::function<void()> done);

    /// Clients leave at their next boundary, or at once.
    void shut_down(bool at_once);

    worker_view view();

private:
    void destroy(client& which) override;
    void request_cancel(client_address where, std::function<void()> done) override;

    /// Empties the graveyard when nothing of the tick refers to the dead any more.
    class undertaker final : public net::deferred {
    public:
        std::vector<std::unique_ptr<client>> dead;

    private:
        void run() override { dead.clear(); }
    };

    net::reactor reactor_;
    net::deadline_queue deadlines_;
    net::silence_sweep silence_;
    net::random_source random_;
    worker_common common_;
    lender lender_;
    statement_judge judge_;
    cache::audit_choice audits_;
    cache::look_choice looks_;
    worker_services services_;
    base::intrusive_list<client, newcomer_tag> newcomers_;
    std::unordered_map<std::uint64_t, std::unique_ptr<client>> clients_;
    undertaker undertaker_;
    std::atomic<std::size_t> load_{0};
    std::uint64_t next_client_ = 1;
};

}  // namespace pgweir::relay

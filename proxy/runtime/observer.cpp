#include "runtime/observer.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "admin/version.hpp"

namespace pgweir::runtime {

namespace {

constexpr std::chrono::seconds patience{2};

struct collection {
    std::mutex mutex;
    admin::proxy_state state;
    std::uint32_t missing;
    std::function<void(admin::proxy_state)> done;
};

base::duration seconds(double value) {
    return std::chrono::duration_cast<base::duration>(std::chrono::duration<double>(value));
}

}  // namespace

observer::observer(relay::pool_directory& directory, worker_group& workers, metrics::application_names& applications,
                   std::uint32_t max_clients)
    : directory_(directory), workers_(workers), applications_(applications), max_clients_(max_clients) {}

void observer::run_on(std::uint32_t worker, std::function<void()> work) {
    workers_.post(worker, std::move(work));
}

void observer::collect(std::function<void(admin::proxy_state)> done) {
    auto shared = std::make_shared<collection>();
    shared->missing = workers_.size();
    shared->done = std::move(done);
    for (std::uint32_t index = 0; index < workers_.size(); ++index) {
        relay::worker& asked = workers_.at(index);
        asked.post([this, shared, &asked] {
            relay::worker_view view = asked.view();
            std::unique_lock lock(shared->mutex);
            for (auto& client : view.clients) shared->state.clients.push_back(std::move(client));
            shared->state.cancelling += view.cancelling;
            shared->state.connecting += view.connecting;
            if (--shared->missing > 0) return;
            collect_pools(shared->state);
            lock.unlock();
            shared->done(std::move(shared->state));
        });
    }
}

void observer::collect_pools(admin::proxy_state& state) const {
    const std::lock_guard lock(directory_.mutex());
    const auto now = base::clock::now();
    directory_.for_each([&](relay::shared_pool& pool) {
        admin::pool_view view;
        view.pool = &pool;
        view.database = pool.database();
        view.user = pool.user();
        view.mode = pool.shares_servers() ? "transaction" : "session";
        const upstream::settings& where = pool.settings()->upstream;
        view.upstream = where.host + ":" + std::to_string(where.port);
        if (pool.cache() != nullptr) view.cache = pool.cache()->name();
        view.only_of_database = where.forces_user() && pool.in_use();
        view.servers = pool.servers.snapshot(now);
        pool.servers.for_each_idle([&](const pool::member& member) {
            view.idle.push_back(relay::view_of(static_cast<const upstream::server&>(member), now));
        });
        for (std::uint32_t index = 0; index < workers_.size(); ++index)
            metrics::add(view.counters, pool.counters(index));
        state.pools.push_back(std::move(view));
    });
    directory_.for_each_cache([&](relay::cache_domain& cache) { state.caches.push_back(cache.look()); });
    const std::lock_guard averages_lock(averages_mutex_);
    state.averages = averages_;
}

void observer::end_stats_period() {
    admin::proxy_state state;
    collect_pools(state);
    admin::stats_by_database totals = admin::totals_of(state.pools);
    const base::time_point now = base::clock::now();
    const std::lock_guard lock(averages_mutex_);
    averages_ = admin::averages(totals_then_, totals, now - period_began_);
    totals_then_ = std::move(totals);
    period_began_ = now;
}

metrics::pool_snapshot observer::snapshot_of(const admin::pool_view& view, const admin::proxy_state& state) const {
    using metrics::connection_state;
    metrics::pool_snapshot shown;
    shown.name = view.only_of_database ? view.database : view.database + "/" + view.user;
    shown.database = view.database;
    shown.user = view.user;
    shown.upstream = view.upstream;
    shown.mode = view.mode;
    shown.size = view.servers.size;
    shown.effective_size = view.servers.effective_size;
    shown.connections[connection_state::idle] = view.servers.idle;
    shown.connections[connection_state::connecting] = view.servers.connecting;
    shown.connections[connection_state::draining] = view.servers.leaving + view.servers.limbo;
    shown.busy = seconds(view.servers.busy_seconds);
    shown.saturated = seconds(view.servers.saturated_seconds);
    shown.waiting = view.servers.waiting;
    shown.oldest_wait = view.servers.oldest_wait;
    shown.counters = view.counters;
    for (const relay::server_view& server : view.idle)
        shown.prepared_statements[metrics::prepared_kind::server] += static_cast<std::uint32_t>(server.statements);
    for (const relay::client_view& client : state.clients) {
        if (client.pool != view.pool) continue;
        if (!client.leaving) ++shown.clients[client.state];
        shown.prepared_statements[metrics::prepared_kind::client] += static_cast<std::uint32_t>(client.statements);
        shown.prepared_statements[metrics::prepared_kind::server] +=
            static_cast<std::uint32_t>(client.server.statements);
        for (std::size_t i = 0; i < metrics::enum_size<metrics::pin_reason>; ++i) {
            const auto reason = static_cast<metrics::pin_reason>(i);
            if (client.pins.has(reason)) ++shown.pinned[reason];
        }
        if (client.server.id == 0) continue;
        ++shown.connections[client.leaving                 ? connection_state::resetting
                            : client.pending > 0           ? connection_state::active
                            : client.server.in_transaction ? connection_state::idle_in_transaction
                            : client.pins.any()            ? connection_state::pinned
                                                           : connection_state::active];
    }
    return shown;
}

metrics::snapshot observer::metrics_snapshot() {
    auto promise = std::make_shared<std::promise<admin::proxy_state>>();
    auto answer = promise->get_future();
    collect([promise](admin::proxy_state state) { promise->set_value(std::move(state)); });
    if (answer.wait_for(patience) != std::future_status::ready) throw std::runtime_error("a worker does not answer");
    const admin::proxy_state state = answer.get();

    metrics::snapshot taken;
    for (const auto& pool : state.pools) taken.pools.push_back(snapshot_of(pool, state));
    taken.caches = state.caches;
    taken.store = workers_.look_at_store();
    taken.process.version = admin::version();
    taken.process.revision = admin::revision();
    for (std::uint32_t index = 0; index < workers_.size(); ++index) {
        metrics::add(taken.process.workers, workers_.at(index).counters());
        taken.process.worker_busy.push_back(
            std::chrono::nanoseconds(static_cast<std::int64_t>(workers_.at(index).reactor().busy_nanoseconds())));
    }
    taken.process.applications = applications_.names();
    taken.process.clients = static_cast<std::uint32_t>(state.clients.size());
    taken.process.max_clients = max_clients_;
    taken.process.config_loaded_at = loaded_at_;
    taken.process.config_reloads_succeeded = reloads_;
    taken.process.config_reloads_failed = failed_reloads_;
    return taken;
}

void observer::reloaded(std::uint32_t max_clients) {
    max_clients_ = max_clients;
    loaded_at_ = std::chrono::system_clock::now();
    ++reloads_;
}

bool observer::loops_turn() {
    auto missing = std::make_shared<std::atomic<std::uint32_t>>(workers_.size());
    auto promise = std::make_shared<std::promise<void>>();
    auto answer = promise->get_future();
    for (std::uint32_t index = 0; index < workers_.size(); ++index) {
        workers_.post(index, [missing, promise] {
            if (missing->fetch_sub(1) == 1) promise->set_value();
        });
    }
    return answer.wait_for(patience) == std::future_status::ready;
}

std::string observer::why_not_ready() const {
    if (draining_.load(std::memory_order_relaxed)) return "draining";
    const std::lock_guard lock(directory_.mutex());
    bool any = false;
    bool usable = false;
    directory_.for_each([&](relay::shared_pool& pool) {
        if (!pool.in_use()) return;
        any = true;
        const bool was_reached = !pool.servers.trying_out() && !pool.last_failure;
        usable = usable || was_reached || pool.servers.snapshot(base::clock::now()).open > 0;
    });
    return any && !usable ? "no pool has reached its server" : "";
}

}  // namespace pgweir::runtime

#include "runtime/worker_group.hpp"

#include <memory>
#include <mutex>
#include <utility>

#include "relay/client_id.hpp"

namespace pgweir::runtime {

worker_group::~worker_group() {
    join();
}

void worker_group::create(std::uint32_t count, relay::pool_directory& directory, relay::cancel_registry& cancels,
                          relay::virtual_database* console, metrics::application_names& applications,
                          const std::shared_ptr<const relay::service_settings>& settings) {
    const relay::worker_common common{directory, cancels, *this, console, applications, *this, *this};
    for (std::uint32_t index = 0; index < count; ++index)
        workers_.push_back(std::make_unique<relay::worker>(index, common, settings));
    relay::worker& first = at(relay::first_worker);
    listeners_ = std::make_unique<relay::listeners>(
        relay::listener::parts{first.reactor(), first.deadlines(), first.servers(), directory.who_notifies()},
        first.random(), *this);
    if (settings->cache.is_shared()) {
        std::vector<relay::worker*> all;
        for (auto& each : workers_) all.push_back(each.get());
        stores_ = std::make_unique<shared_stores>(settings->cache.redis, std::move(all),
                                                  [this](const std::string& data) { keepers_->name_store(data); });
    }
    keepers_ = std::make_unique<relay::cache_keepers>(
        relay::cache_keeper::parts{first.reactor(), first.deadlines(), first.servers(), first.store(),
                                   directory.schema()},
        first.random(), *this);
    directory.use_for_caches(
        [this](std::uint64_t client) { post(relay::worker_of(client), [this, client] { cache_moved(client); }); },
        [seeds = std::make_shared<net::random_source>()] { return seeds->number(); });
}

void worker_group::start() {
    for (auto& worker : workers_) threads_.emplace_back([&running = *worker] { running.run(); });
}

void worker_group::join() {
    for (auto& worker : workers_) worker->stop();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

std::uint32_t worker_group::least_loaded() const noexcept {
    std::uint32_t best = 0;
    for (std::uint32_t index = 1; index < size(); ++index) {
        if (workers_[index]->load() < workers_[best]->load()) best = index;
    }
    return best;
}

void worker_group::post(std::uint32_t worker, std::function<void()> work) {
    workers_[worker]->post(std::move(work));
}

relay::borrower* worker_group::find(std::uint32_t worker, std::uint64_t client) {
    return workers_[worker]->find(client);
}

void worker_group::tell_client(std::uint64_t client, const session::hub_answer& what) {
    at(relay::worker_of(client)).tell(client, what);
}

void worker_group::keep_caches(relay::pool_directory& of) {
    const std::lock_guard lock(of.mutex());
    of.for_each([this](relay::shared_pool& pool) { keepers_->keep(pool); });
}

void worker_group::cache_moved(std::uint64_t client) {
    at(relay::worker_of(client)).cache_moved(client);
}

void worker_group::ask_hub(std::uint64_t client, relay::shared_pool& of, session::hub_request what) {
    listeners_->ask(client, of, std::move(what));
}

void worker_group::leave_hub(std::uint64_t client, relay::shared_pool& of) {
    listeners_->leave(client, of);
}

relay::lender& worker_group::lender_of(std::uint32_t worker) {
    return workers_[worker]->servers();
}

void worker_group::cancel(relay::client_address where, std::function<void()> done) {
    relay::worker& target = *workers_[where.worker];
    target.post([&target, client = where.client, done = std::move(done)] { target.cancel(client, done); });
}

}  // namespace pgweir::runtime

#include "runtime/shared_stores.hpp"

#include <utility>

#include "metrics/sums.hpp"

namespace pgweir::runtime {

shared_stores::shared_stores(const cache::redis_settings& how, std::vector<relay::worker*> workers,
                             std::function<void(const std::string& data)> told) {
    redis::settings settings;
    settings.where = redis::parse_url(how.url).value();
    settings.timeout = how.timeout;
    for (relay::worker* worker : workers) {
        const std::size_t index = stores_.size();
        auto on_connected = [this, index, told](const redis::server_identity& which) {
            stores_[index]->shared.connected(which.epoch());
            if (index == relay::first_worker) told(which.epoch().to_string());
        };
        stores_.push_back(std::make_unique<store>(
            *worker, settings, redis::link_events{.on_connected = std::move(on_connected), .on_lost = {}}));
        worker->use_store(stores_.back()->shared);
        worker->post([to = stores_.back().get()] { to->link.start(); });
    }
}

metrics::store_snapshot shared_stores::look() const {
    metrics::store_snapshot seen;
    for (const auto& each : stores_) {
        const redis::link_counters& counters = each->link.counters();
        seen.unreachable += static_cast<std::uint32_t>(counters.open.get());
        seen.unreachable_nanoseconds += counters.open_nanoseconds.get();
        seen.requests += counters.requests.get();
        seen.failures += counters.failures.get();
        metrics::add(seen.latency, counters.latency);
    }
    return seen;
}

}  // namespace pgweir::runtime

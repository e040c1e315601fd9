#pragma once

#include <chrono>

#include "metrics/snapshot.hpp"

namespace pgweir::test {

/// One pool and a process with a few figures in them.
inline metrics::snapshot sample_snapshot() {
    using namespace metrics;
    snapshot made;

    pool_snapshot& pool = made.pools.emplace_back();
    pool.name = "app";
    pool.database = "app";
    pool.user = "alice";
    pool.upstream = "db:5432";
    pool.mode = "transaction";
    pool.size = 20;
    pool.effective_size = 18;
    pool.connections[connection_state::pinned] = 2;
    pool.busy = std::chrono::milliseconds(1500);
    pool.waiting = 3;
    pool.clients[client_state::waiting] = 3;
    pool.pinned[pin_reason::listen] = 1;
    pool.counters.wait.buckets.front() = 5;
    pool.counters.wait.buckets.back() = 1;
    pool.counters.wait.nanoseconds = 31'000'000'000;
    pool.counters.checkouts[checkout_result::timeout] = 4;
    pool.counters.held_nanoseconds[held_phase::executing] = 250'000'000;
    pool.counters.cache_cost_nanoseconds[cache_cost::set] = 500'000'000;
    pool.counters.cache_served_bytes = 9;
    pool.counters.bytes_from_client = 100;
    pool.counters.bytes_to_client = 200;
    pool.counters.application_wait_nanoseconds[0] = 3'000'000'000;
    pool.counters.application_wait_nanoseconds[application_names::other] = 500'000'000;

    process_snapshot& process = made.process;
    process.version = "1.2.3";
    process.revision = "abc";
    process.applications = {"web", "jobs"};
    process.worker_busy = {std::chrono::seconds(1), std::chrono::seconds(2)};
    process.workers.rejections[rejection_reason::max_clients] = 6;
    process.config_reloads_failed = 2;
    process.config_loaded_at = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'500));
    return made;
}

}  // namespace pgweir::test

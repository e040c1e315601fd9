#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "metrics/cache_labels.hpp"
#include "metrics/labels.hpp"
#include "metrics/pin_reason.hpp"
#include "metrics/pool_counters.hpp"
#include "metrics/worker_counters.hpp"

namespace pgweir::metrics {

/// One pool at one moment, summed over all workers.
struct pool_snapshot {
    /// The label `pool`. Unique: the name of the database, and `database/user` for each user of a database whose
    /// clients work as themselves.
    std::string name;
    std::string database;
    std::string user;
    std::string upstream;  ///< host:port or socket directory; never a password
    std::string mode;      ///< session or transaction

    std::uint32_t size = 0;            ///< as configured
    std::uint32_t effective_size = 0;  ///< less when the server refuses more connections
    enum_array<connection_state, std::uint32_t> connections;
    base::duration busy{};       ///< integral of lent servers over time
    base::duration saturated{};  ///< time with a waiter and no free server

    std::uint32_t waiting = 0;
    base::duration oldest_wait{};
    enum_array<client_state, std::uint32_t> clients;
    enum_array<pin_reason, std::uint32_t> pinned;  ///< clients pinned now
    enum_array<prepared_kind, std::uint32_t> prepared_statements;

    pool_counters_sum counters;
};

/// The result cache of one database at one moment.
struct cache_snapshot {
    /// The label `cache`. Unique: host:port/database of the server.
    std::string name;
    std::string_view state;  ///< on, or why it does not serve: a name of cache_bypass

    bool serves = false;
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
    std::uint64_t max_bytes = 0;
    std::uint64_t flights = 0;  ///< statements that are executed for it
    std::uint64_t waiting = 0;  ///< clients that wait for them
    std::uint64_t marks = 0;    ///< writes that may be committed and were not seen to end
    std::uint64_t in_doubt = 0;  ///< servers that were lost in such a write and may still commit it
    std::uint64_t missed = 0;  ///< writes that a store that others share was not told of yet
    std::uint64_t held_back = 0;  ///< clients that get no server before others know of this pgweir

    std::uint64_t stored = 0;
    std::uint64_t stored_bytes = 0;
    std::uint64_t evictions = 0;
    enum_array<cache_rejection, std::uint64_t> rejections;
    enum_array<cache_invalidation, std::uint64_t> invalidations;
    enum_array<cache_audit, std::uint64_t> audits;
};

/// The store that several pgweirs share, over all workers' connections to it.
struct store_snapshot {
    std::uint32_t unreachable = 0;  ///< workers that do without it now
    std::uint64_t unreachable_nanoseconds = 0;
    std::uint64_t requests = 0;
    std::uint64_t failures = 0;
    basic_store_latency<std::uint64_t> latency;
};

struct process_snapshot {
    std::string version;
    std::string revision;

    worker_counters_sum workers;                   ///< over all workers
    std::vector<base::duration> worker_busy;       ///< by worker
    std::vector<std::string> applications;         ///< application_names::names()
    std::uint32_t clients = 0;                     ///< connections of clients, in login and those without pool too
    std::uint32_t max_clients = 0;

    std::uint64_t config_reloads_succeeded = 0;
    std::uint64_t config_reloads_failed = 0;
    std::chrono::system_clock::time_point config_loaded_at{};  ///< the last success, the one at start included
};

struct snapshot {
    std::vector<pool_snapshot> pools;
    std::vector<cache_snapshot> caches;
    std::optional<store_snapshot> store;  ///< nothing: caches are in memory alone
    process_snapshot process;
};

}  // namespace pgweir::metrics

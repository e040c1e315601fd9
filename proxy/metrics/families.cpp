#include "metrics/families.hpp"

#include <array>
#include <chrono>
#include <cstddef>

#include "metrics/application_names.hpp"
#include "metrics/collectors.hpp"

namespace pgweir::metrics {

namespace {

using namespace collectors;

// Collectors for what has a shape of its own.

samples pool_info(const snapshot& from) {
    samples made;
    for (const pool_snapshot& pool : from.pools)
        made.push_back(make(1, {{"pool", pool.name},
                                {"database", pool.database},
                                {"user", pool.user},
                                {"upstream", pool.upstream},
                                {"mode", pool.mode}}));
    return made;
}

// All sources with all classes would be more series than everything else of a pool; the common ones are there from
// the start, the others from their first error on.
samples errors(const snapshot& from) {
    samples made;
    for (const pool_snapshot& pool : from.pools)
        for (std::size_t source = 0; source < enum_size<error_source>; ++source)
            for (std::size_t sqlstate = 0; sqlstate < enum_size<sqlstate_class>; ++sqlstate) {
                const std::uint64_t number = pool.counters.errors.items[source].items[sqlstate];
                const auto of_class = static_cast<sqlstate_class>(sqlstate);
                if (number == 0 && !is_watched(of_class)) continue;
                made.push_back(make(count(number), {{"pool", pool.name},
                                                    {"source", std::string(name_of(static_cast<error_source>(source)))},
                                                    {"class", std::string(name_of(of_class))}}));
            }
    return made;
}

samples application_waits(const snapshot& from) {
    const std::vector<std::string>& names = from.process.applications;
    samples made;
    for (const pool_snapshot& pool : from.pools) {
        const auto& waits = pool.counters.application_wait_nanoseconds;
        for (std::size_t i = 0; i < names.size() && i < application_names::capacity; ++i)
            made.push_back(make(seconds(waits[i]), {{"pool", pool.name}, {"app", names[i]}}));
        made.push_back(make(seconds(waits[application_names::other]), {{"pool", pool.name}, {"app", "other"}}));
    }
    return made;
}

samples bytes(const snapshot& from) {
    samples made;
    for (const pool_snapshot& pool : from.pools) {
        made.push_back(make(count(pool.counters.bytes_from_client), {{"pool", pool.name}, {"direction", "received"}}));
        made.push_back(make(count(pool.counters.bytes_to_client), {{"pool", pool.name}, {"direction", "sent"}}));
    }
    return made;
}

samples worker_busy(const snapshot& from) {
    samples made;
    for (std::size_t i = 0; i < from.process.worker_busy.size(); ++i)
        made.push_back(make(base::to_seconds(from.process.worker_busy[i]), {{"worker", std::to_string(i)}}));
    return made;
}

template <class Enum>
label label_of(std::size_t index) {
    return {label_traits<Enum>::label, std::string(label_traits<Enum>::values[index])};
}

samples store_latency(const snapshot& from) {
    samples made;
    if (!from.store) return made;
    for (std::size_t op = 0; op < enum_size<store_op>; ++op)
        for (std::size_t result = 0; result < enum_size<store_result>; ++result) {
            const auto& all = from.store->latency.items[op].items[result];
            made.push_back({{label_of<store_op>(op), label_of<store_result>(result)},
                            0,
                            {all.bounds, all.buckets, all.nanoseconds}});
        }
    return made;
}

samples build_info(const snapshot& from) {
    return {make(1, {{"version", from.process.version}, {"revision", from.process.revision}})};
}

samples config_reloads(const snapshot& from) {
    return {make(count(from.process.config_reloads_succeeded), {{"result", "success"}}),
            make(count(from.process.config_reloads_failed), {{"result", "failure"}})};
}

double config_loaded_at(const process_snapshot& process) {
    return std::chrono::duration<double>(process.config_loaded_at.time_since_epoch()).count();
}

using enum metric_type;
using pool = pool_snapshot;
using process = process_snapshot;
using counters = pool_counters_sum;

constexpr auto from_integer = [](std::uint32_t number) { return count(number); };
constexpr auto from_count = [](std::uint64_t number) { return count(number); };
constexpr auto from_nanoseconds = [](std::uint64_t number) { return seconds(number); };

constexpr std::array all_families{
    // Is it saturated?
    family{"pgweir_pool_info", gauge, "What is behind a pool: its database, user, upstream and mode.", pool_info},
    family{"pgweir_pool_size", gauge, "Server connections the pool may open, as configured.",
           per_pool<[](const pool& p) { return count(p.size); }>},
    family{"pgweir_pool_effective_size", gauge,
           "Server connections the pool tries to open: fewer than configured while the server refuses more.",
           per_pool<[](const pool& p) { return count(p.effective_size); }>},
    family{"pgweir_pool_connections", gauge, "Server connections by what they are doing; the sum is all of them.",
           per_pool_and_label<[](const pool& p) { return p.connections; }, from_integer>},
    family{"pgweir_pool_busy_seconds_total", counter,
           "Time that server connections were lent, added up over connections.",
           per_pool<[](const pool& p) { return base::to_seconds(p.busy); }>},
    family{"pgweir_pool_saturated_seconds_total", counter,
           "Time during which a client waited and no server connection was free.",
           per_pool<[](const pool& p) { return base::to_seconds(p.saturated); }>},
    family{"pgweir_pool_waiting_clients", gauge, "Clients that wait for a server connection.",
           per_pool<[](const pool& p) { return count(p.waiting); }>},
    family{"pgweir_pool_oldest_wait_seconds", gauge, "How long the first client in the queue has waited.",
           per_pool<[](const pool& p) { return base::to_seconds(p.oldest_wait); }>},

    // Who waits, and how long?
    family{"pgweir_pool_wait_duration_seconds", histogram,
           "Wait of each checkout of a server connection, those without a wait included.",
           histogram_per_pool<[](const counters& c) -> auto& { return c.wait; }>},
    family{"pgweir_pool_checkouts_total", counter, "Requests for a server connection by how they ended.",
           per_pool_and_label<[](const pool& p) { return p.counters.checkouts; }, from_count>},
    family{"pgweir_client_wait_seconds_total", counter,
           "Time that clients waited for a server connection, by application_name without digits.", application_waits},
    family{"pgweir_clients", gauge, "Clients by what they are doing.",
           per_pool_and_label<[](const pool& p) { return p.clients; }, from_integer>},
    family{"pgweir_client_connections", gauge, "Connections of clients, those without a pool included.",
           single<[](const process& p) { return count(p.clients); }>},
    family{"pgweir_client_connections_limit", gauge, "Connections of clients that are allowed.",
           single<[](const process& p) { return count(p.max_clients); }>},
    family{"pgweir_client_connects_total", counter, "Connections of clients by how their login ended.",
           per_label<[](const process& p) { return p.workers.client_connects; }>},
    family{"pgweir_client_rejections_total", counter, "Clients turned away, by the limit that they met.",
           per_label<[](const process& p) { return p.workers.rejections; }>},
    family{"pgweir_client_bytes_total", counter, "Bytes exchanged with clients.", bytes},

    // Is it PostgreSQL or the application?
    family{"pgweir_server_held_seconds_total", counter, "Time that server connections were lent, by what it went into.",
           per_pool_and_label<[](const pool& p) { return p.counters.held_nanoseconds; }, from_nanoseconds>},
    family{"pgweir_query_duration_seconds", histogram,
           "From a request to its ReadyForQuery, the time in the queue not included.",
           histogram_per_pool<[](const counters& c) -> auto& { return c.query; }>},
    family{"pgweir_transaction_duration_seconds", histogram,
           "Time from the loan of a server connection to the end of the transaction.",
           histogram_per_pool<[](const counters& c) -> auto& { return c.transaction; }>},
    family{"pgweir_proxy_overhead_seconds", histogram,
           "From the worker's waking for a server's answer to the answer's leaving for the client; one in 32.",
           histogram_per_pool<[](const counters& c) -> auto& { return c.overhead; }>},
    family{"pgweir_server_connect_duration_seconds", histogram, "Time to open a server connection and log in.",
           histogram_per_pool<[](const counters& c) -> auto& { return c.server_connect; }>},
    family{"pgweir_server_connects_total", counter, "Attempts to open a server connection by how they ended.",
           per_pool_and_label<[](const pool& p) { return p.counters.server_connects; }, from_count>},
    family{"pgweir_server_disconnects_total", counter, "Server connections closed, by reason.",
           per_pool_and_label<[](const pool& p) { return p.counters.server_disconnects; }, from_count>},
    family{"pgweir_server_assignments_total", counter, "Times that a server connection was lent.",
           per_pool<[](const pool& p) { return count(p.counters.server_assignments); }>},
    family{"pgweir_errors_total", counter, "Errors that clients were sent, by who made them and SQLSTATE class.",
           errors},
    family{"pgweir_prepared_statements", gauge, "Prepared statements that are held, by clients and on servers.",
           per_pool_and_label<[](const pool& p) { return p.prepared_statements; }, from_integer>},
    family{"pgweir_prepared_requests_total", counter, "Uses of prepared statements by what they took.",
           per_pool_and_label<[](const pool& p) { return p.counters.prepared_requests; }, from_count>},
    family{"pgweir_session_pins_total", counter, "Clients that had to keep their server connection, by reason.",
           per_pool_and_label<[](const pool& p) { return p.counters.pins; }, from_count>},
    family{"pgweir_session_surveys_total", counter,
           "Transactions behind which the server was asked what its session holds.",
           per_pool<[](const pool& p) { return count(p.counters.surveys); }>},
    family{"pgweir_session_settings_answered_total", counter,
           "SETs that were answered without a server, as one has answered the same before.",
           per_pool<[](const pool& p) { return count(p.counters.settings_answered); }>},
    family{"pgweir_pinned_clients", gauge, "Clients that keep their server connection now, by reason.",
           per_pool_and_label<[](const pool& p) { return p.pinned; }, from_integer>},

    // Does the cache help?
    family{"pgweir_cache_requests_total", counter,
           "Reads that the result cache was asked for, by what it made of them.",
           per_pool_and_label<[](const pool& p) { return p.counters.cache_requests; }, from_count>},
    family{"pgweir_cache_bypass_total", counter, "Reads that were neither answered from the cache nor kept, by reason.",
           per_pool_and_label<[](const pool& p) { return p.counters.cache_bypasses; }, from_count>},
    family{"pgweir_cache_hints_total", counter, "Hints to the cache in comments in front of reads.",
           per_pool_and_label<[](const pool& p) { return p.counters.cache_hints; }, from_count>},
    family{"pgweir_cache_saved_seconds_total", counter,
           "Server time that hits saved: what their replies took when they were made. Its rate is in connections.",
           per_pool<[](const pool& p) { return seconds(p.counters.cache_saved_nanoseconds); }>},
    family{"pgweir_cache_cost_seconds_total", counter,
           "Time that clients waited for the cache to look up, to take in a reply, or to be told of a write.",
           per_pool_and_label<[](const pool& p) { return p.counters.cache_cost_nanoseconds; }, from_nanoseconds>},
    family{"pgweir_cache_served_bytes_total", counter, "Bytes of the replies that were served from the cache.",
           per_pool<[](const pool& p) { return count(p.counters.cache_served_bytes); }>},
    family{"pgweir_cache_serving", gauge, "1 when what stands in the cache may be served.",
           per_cache<[](const cache_snapshot& c) { return c.serves ? 1 : 0; }>},
    family{"pgweir_cache_entries", gauge, "Replies in the cache.",
           per_cache<[](const cache_snapshot& c) { return c.entries; }>},
    family{"pgweir_cache_bytes", gauge, "Memory that they take.",
           per_cache<[](const cache_snapshot& c) { return c.bytes; }>},
    family{"pgweir_cache_stores_total", counter, "Replies that were put into the cache.",
           per_cache<[](const cache_snapshot& c) { return c.stored; }>},
    family{"pgweir_cache_stored_bytes_total", counter, "Bytes of the replies that were put into the cache.",
           per_cache<[](const cache_snapshot& c) { return c.stored_bytes; }>},
    family{"pgweir_cache_evictions_total", counter, "Replies that made room for others.",
           per_cache<[](const cache_snapshot& c) { return c.evictions; }>},
    family{"pgweir_cache_entries_rejected_total", counter,
           "Reads that were executed for the cache and whose replies did not come into it, by reason.",
           per_cache_and_label<[](const cache_snapshot& c) { return c.rejections; }>},
    family{"pgweir_cache_invalidations_total", counter,
           "Relations that were written, entries that were too old or were cleared, changes of the schema, by reason.",
           per_cache_and_label<[](const cache_snapshot& c) { return c.invalidations; }>},
    family{"pgweir_cache_audit_total", counter,
           "Hits that were executed and compared with the server's reply, by what came out.",
           per_cache_and_label<[](const cache_snapshot& c) { return c.audits; }>},
    family{"pgweir_cache_flights", gauge, "Reads that servers execute for the cache.",
           per_cache<[](const cache_snapshot& c) { return c.flights; }>},
    family{"pgweir_cache_waiting_clients", gauge, "Clients that wait for the reads of others.",
           per_cache<[](const cache_snapshot& c) { return c.waiting; }>},
    family{"pgweir_cache_writes_in_doubt", gauge, "Lost servers that may still commit what they were told to write.",
           per_cache<[](const cache_snapshot& c) { return c.in_doubt; }>},
    family{"pgweir_cache_writes_missed", gauge,
           "Writes that Redis could not be told of yet: until it was nothing is served here, and others serve what was "
           "before them.",
           per_cache<[](const cache_snapshot& c) { return c.missed; }>},
    family{"pgweir_cache_breaker_open", gauge, "Workers that do without Redis, since it cannot be reached.",
           of_store<[](const store_snapshot& s) { return count(s.unreachable); }>},
    family{"pgweir_cache_breaker_open_seconds_total", counter, "Time that workers did without Redis.",
           of_store<[](const store_snapshot& s) { return seconds(s.unreachable_nanoseconds); }>},
    family{"pgweir_cache_store_requests_total", counter, "Requests that Redis was sent.",
           of_store<[](const store_snapshot& s) { return count(s.requests); }>},
    family{"pgweir_cache_store_failures_total", counter, "Requests that Redis did not answer, or not in time.",
           of_store<[](const store_snapshot& s) { return count(s.failures); }>},
    family{"pgweir_cache_store_duration_seconds", histogram,
           "From a request to Redis to its answer, or to its failure.", store_latency},

    // The process
    family{"pgweir_build_info", gauge, "Which pgweir this is.", build_info},
    family{"pgweir_worker_busy_seconds_total", counter, "Time that a worker's event loop did not sleep.", worker_busy},
    family{"pgweir_config_reloads_total", counter, "Times that the configuration was loaded again.", config_reloads},
    family{"pgweir_config_last_reload_success_timestamp_seconds", gauge,
           "When the configuration in use was loaded, as Unix time.", single<config_loaded_at>},
};

}  // namespace

std::span<const family> families() noexcept {
    return all_families;
}

}  // namespace pgweir::metrics

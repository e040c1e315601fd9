#pragma once

#include <array>
#include <cstdint>

#include "metrics/application_names.hpp"
#include "metrics/cache_labels.hpp"
#include "metrics/counter.hpp"
#include "metrics/histogram.hpp"
#include "metrics/labels.hpp"
#include "metrics/pin_reason.hpp"
#include "metrics/sqlstate_class.hpp"

namespace pgweir::metrics {

/// What one worker counts for one pool. `Number` is `counter` for the live set, std::uint64_t for a sum over workers.
/// Times are nanoseconds. Things are counted when they end.
template <class Number>
struct basic_pool_counters {
    using latency = basic_histogram<Number, buckets::latency>;
    using overhead_time = basic_histogram<Number, buckets::overhead>;

    latency wait;            ///< of every checkout, those without a wait too, so that a bucket ratio is a share
    latency query;           ///< server time of one request cycle: first byte sent to ReadyForQuery
    latency transaction;     ///< from the loan of the server to ReadyForQuery `I`
    overhead_time overhead;  ///< of one request: total less wait, server time and client stall
    latency server_connect;  ///< TCP to the first ReadyForQuery, successful ones

    enum_array<checkout_result, Number> checkouts;
    enum_array<held_phase, Number> held_nanoseconds;
    enum_array<server_connect_result, Number> server_connects;
    enum_array<server_disconnect_reason, Number> server_disconnects;
    enum_array<prepared_result, Number> prepared_requests;
    enum_array<pin_reason, Number> pins;
    enum_array<cache_result, Number> cache_requests;
    enum_array<cache_bypass, Number> cache_bypasses;
    enum_array<cache_hint, Number> cache_hints;
    Number cache_saved_nanoseconds{};  ///< what hits took when they were executed
    enum_array<cache_cost, Number> cache_cost_nanoseconds;  ///< for which clients or servers waited
    Number cache_served_bytes{};       ///< of replies of hits
    Number surveys{};  ///< questions to servers about what their sessions hold
    Number settings_answered{};  ///< texts of SET that took no server
    enum_array<error_source, enum_array<sqlstate_class, Number>> errors;
    std::array<Number, application_names::count> application_wait_nanoseconds{};  ///< by application_names number

    // For SHOW STATS, with PgBouncer's meanings.
    Number server_assignments{};
    Number transactions{};
    Number queries{};
    Number bytes_from_client{};
    Number bytes_to_client{};
    Number transaction_nanoseconds{};
    Number query_nanoseconds{};
    Number wait_nanoseconds{};
    Number client_parses{};
    Number server_parses{};
    Number binds{};
    Number logins{};
};

/// One for each pool and worker: only that worker writes. Aligned so that two workers never share a cache line.
struct alignas(64) pool_counters : basic_pool_counters<counter> {
    void count_error(error_source source, std::string_view sqlstate) noexcept {
        errors[source][sqlstate_class_of(sqlstate)].add();
    }
};

using pool_counters_sum = basic_pool_counters<std::uint64_t>;

void add(pool_counters_sum& sum, const pool_counters& part) noexcept;

}  // namespace pgweir::metrics

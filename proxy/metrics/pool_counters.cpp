#include "metrics/pool_counters.hpp"

#include "metrics/sums.hpp"

namespace pgweir::metrics {

void add(pool_counters_sum& sum, const pool_counters& part) noexcept {
    add(sum.wait, part.wait);
    add(sum.query, part.query);
    add(sum.transaction, part.transaction);
    add(sum.overhead, part.overhead);
    add(sum.server_connect, part.server_connect);
    add(sum.checkouts, part.checkouts);
    add(sum.held_nanoseconds, part.held_nanoseconds);
    add(sum.server_connects, part.server_connects);
    add(sum.server_disconnects, part.server_disconnects);
    add(sum.prepared_requests, part.prepared_requests);
    add(sum.pins, part.pins);
    add(sum.cache_requests, part.cache_requests);
    add(sum.cache_bypasses, part.cache_bypasses);
    add(sum.cache_hints, part.cache_hints);
    add(sum.cache_saved_nanoseconds, part.cache_saved_nanoseconds);
    add(sum.cache_cost_nanoseconds, part.cache_cost_nanoseconds);
    add(sum.cache_served_bytes, part.cache_served_bytes);
    add(sum.surveys, part.surveys);
    add(sum.settings_answered, part.settings_answered);
    add(sum.errors, part.errors);
    add(sum.application_wait_nanoseconds, part.application_wait_nanoseconds);
    add(sum.server_assignments, part.server_assignments);
    add(sum.transactions, part.transactions);
    add(sum.queries, part.queries);
    add(sum.bytes_from_client, part.bytes_from_client);
    add(sum.bytes_to_client, part.bytes_to_client);
    add(sum.transaction_nanoseconds, part.transaction_nanoseconds);
    add(sum.query_nanoseconds, part.query_nanoseconds);
    add(sum.wait_nanoseconds, part.wait_nanoseconds);
    add(sum.client_parses, part.client_parses);
    add(sum.server_parses, part.server_parses);
    add(sum.binds, part.binds);
    add(sum.logins, part.logins);
}

}  // namespace pgweir::metrics

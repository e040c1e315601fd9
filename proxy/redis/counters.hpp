#pragma once

#include "metrics/counter.hpp"
#include "metrics/histogram.hpp"

namespace pgweir::redis {

/// Of one link: written by its worker, read by any thread.
struct link_counters {
    metrics::counter requests;          ///< that were sent, the checks of the server among them
    metrics::counter errors;           ///< replied to by an error of Redis's
    metrics::counter failures;         ///< were sent and got no reply: lost or timed out
    metrics::counter rejections;       ///< failed at once: the breaker was open, or over the limits
    metrics::counter timeouts;         ///< connections that were given up because a reply was late
    metrics::counter connects;         ///< that succeeded, greeting and all
    metrics::counter connect_failures;
    metrics::counter losses;           ///< of a connection that was greeted
    metrics::counter open_nanoseconds;  ///< of the breaker; counted at each attempt to connect
    metrics::gauge open;               ///< 1 while the breaker is open
    metrics::basic_store_latency<metrics::counter> latency;  ///< of requests that were sent
};

/// Of one lookup_batch.
struct lookup_counters {
    metrics::counter lookups;
    metrics::counter keys;        ///< that they asked for
    metrics::counter asked_keys;  ///< that Redis was asked for: each once in a batch
    metrics::counter batches;
};

}  // namespace pgweir::redis

#pragma once

#include <cstdint>
#include <memory>

#include "cache/audit.hpp"
#include "cache/look_choice.hpp"
#include "metrics/application_names.hpp"
#include "metrics/worker_counters.hpp"
#include "net/deadlines.hpp"
#include "net/random.hpp"
#include "net/reactor.hpp"
#include "relay/cancel_registry.hpp"
#include "relay/lender.hpp"
#include "relay/pool_directory.hpp"
#include "relay/settings.hpp"
#include "relay/statement_judge.hpp"
#include "relay/virtual_database.hpp"

namespace pgweir::relay {

class client;

/// A client's worker calls, by its worker.
class client_home {
public:
    /// At the end of the tick.
    virtual void destroy(client& which) = 0;
    /// Asks for the client with this key to be cancelled, wherever it is; `done` is called on this worker.
    virtual void request_cancel(client_address where, std::function<void()> done) = 0;

protected:
    ~client_home() = default;
};

/// The way to those who listen for all clients. Any thread.
class hub_access {
public:
    virtual void ask_hub(std::uint64_t client, shared_pool& of, session::hub_request what) = 0;
    /// A client ends that has asked.
    virtual void leave_hub(std::uint64_t client, shared_pool& of) = 0;

protected:
    ~hub_access() = default;
};

/// The way to those who keep the locks of caches. Any thread.
class cache_access {
public:
    virtual void keep_cache(shared_pool& of) = 0;

protected:
    ~cache_access() = default;
};

/// What a client finds on its worker. Everything outlives the clients.
struct worker_services {
    net::reactor& reactor;
    net::deadline_queue& deadlines;
    net::random_source& random;
    lender& servers;
    pool_directory& directory;
    cancel_registry& cancels;
    client_home& home;
    hub_access& listening;
    cache_access& caching;
    statement_judge& judge;
    cache::audit_choice& audits;
    cache::look_choice& looks;
    cache::shared_store* store;  ///< null: there is none
    virtual_database* console;
    metrics::application_names& applications;
    std::shared_ptr<const service_settings> settings;
    std::uint32_t index;
    bool shutting_down = false;
    metrics::worker_counters counters{};
};

}  // namespace pgweir::relay

#pragma once

#include <map>
#include <memory>
#include <string>

#include "net/random.hpp"
#include "relay/cache_keeper.hpp"

namespace pgweir::relay {

/// The keepers of all databases whose results are cached, on the first worker.
class cache_keepers {
public:
    cache_keepers(const cache_keeper::parts& with, net::random_source& random, worker_switch& workers)
        : with_(with), random_(random), workers_(workers) {}

    /// A pool of a database is in use: its cache has a keeper from now on. Any thread.
    void keep(shared_pool& of);
    /// The first worker's store has these data now.
    void name_store(const std::string& name);

private:
    cache_keeper::parts with_;
    net::random_source& random_;
    worker_switch& workers_;
    std::string store_;
    std::map<cache_domain*, std::unique_ptr<cache_keeper>> keepers_;
};

}  // namespace pgweir::relay

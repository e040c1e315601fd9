#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "net/random.hpp"
#include "relay/listener.hpp"
#include "relay/shared_pool.hpp"

namespace pgweir::relay {

/// The listeners of all databases, on the first worker; for the clients of all workers.
class listeners {
public:
    listeners(const listener::parts& with, net::random_source& random, worker_switch& workers)
        : with_(with), random_(random), workers_(workers) {}

    /// Any thread. What is answered reaches the client on its own worker.
    void ask(std::uint64_t client, shared_pool& of, session::hub_request what);
    /// Any thread. To be called when a client ends that has asked.
    void leave(std::uint64_t client, shared_pool& of);
    /// Any thread. The configuration was read again.
    void reconfigured();

private:
    /// `database` and encoding.
    using key = std::pair<std::string, std::string>;

    listener& listener_of(shared_pool& pool, const std::string& encoding);

    listener::parts with_;
    net::random_source& random_;
    worker_switch& workers_;
    std::map<key, std::unique_ptr<listener>> listeners_;
};

}  // namespace pgweir::relay

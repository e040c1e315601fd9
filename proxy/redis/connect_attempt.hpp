#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "net/address.hpp"
#include "net/deadlines.hpp"
#include "net/reactor.hpp"
#include "net/resolver.hpp"
#include "net/transport.hpp"
#include "redis/connection_machine.hpp"
#include "redis/settings.hpp"

namespace pgweir::redis {

/// A connection that was greeted.
struct connected {
    net::transport stream;
    std::unique_ptr<connection_machine> machine;
    net::socket_address address;
};

struct connect_failure {
    refusal why;          ///< of the last address that was tried
    std::string address;  ///< empty when there was none
};

/// One connection on its way: the addresses of the host in order, each with its greeting, until one is a primary that
/// lets us in. Belongs to the reactor's thread.
class connect_attempt final : net::event_handler, net::deadline_handler {
public:
    using outcome = std::variant<connected, connect_failure>;
    /// Called once, never from inside begin(); may destroy the attempt.
    using callback = std::function<void(outcome)>;

    /// All that is referred to outlives it. Destroying it calls the attempt off.
    connect_attempt(net::reactor& host, net::deadline_queue& deadlines, const settings& how, callback done);

    /// The name service may take its time; the deadlines begin with the first address.
    void begin(net::resolver& names);

private:
    using addresses = base::result<std::vector<net::socket_address>>;

    void on_ready(int tag, net::readiness ready) override;
    void on_deadline(int tag, base::time_point now) override;

    void found(const addresses& them);
    void try_next_address();
    void address_failed(refusal why);
    void connection_stands();
    void write();
    void read();
    void finish(outcome what);
    void disconnect();

    net::reactor& reactor_;
    net::deadline_queue& deadlines_;
    const settings& how_;
    callback done_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< gone when the attempt is
    net::deadline deadline_;
    std::vector<net::socket_address> addresses_;
    std::size_t next_address_ = 0;
    refusal last_;
    net::transport stream_;
    net::registration watched_;
    std::unique_ptr<connection_machine> machine_;
    bool stands_ = false;
};

}  // namespace pgweir::redis

#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "net/deadlines.hpp"
#include "net/reactor.hpp"
#include "net/transport.hpp"
#include "relay/cache_domain.hpp"
#include "relay/lender.hpp"
#include "session/cache_guard.hpp"
#include "upstream/connector.hpp"

namespace pgweir::relay {

/// The connection on which one database's cache holds its lock (see session::cache_guard). Connects when the first pool
/// of the database is known, and again when it is lost. Belongs to the first worker's thread.
class cache_keeper final : net::event_handler, net::deadline_handler {
public:
    struct parts {
        net::reactor& reactor;
        net::deadline_queue& deadlines;
        lender& servers;
    };
    /// `like`: whose upstream and credentials it connects with. All that is referred to outlives the keeper.
    cache_keeper(const parts& with, shared_pool& like, cache_domain& whose, std::string token);

    void start();
    /// See cache_guard::watch().
    void watch(std::int32_t process_id);

private:
    void on_ready(int tag, net::readiness ready) override;
    void on_deadline(int tag, base::time_point now) override;

    void connect();
    void opened(upstream::open_result result);
    void read();
    void write();
    void lost(const char* why);
    void settle();
    void tell();

    parts with_;
    shared_pool& like_;
    cache_domain& domain_;
    session::cache_guard guard_;
    net::transport connection_;
    net::registration watched_;
    base::byte_queue unread_;
    base::byte_queue unsent_;
    net::deadline deadline_;
    base::duration pause_{};  ///< between two attempts to connect
    base::time_point next_attempt_{};
    base::time_point unknown_since_;  ///< to who caches alone
    bool connecting_ = false;
};

}  // namespace pgweir::relay

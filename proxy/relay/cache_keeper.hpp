#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "net/deadlines.hpp"
#include "net/reactor.hpp"
#include "relay/cache_domain.hpp"
#include "relay/dedicated_connection.hpp"
#include "relay/lender.hpp"
#include "session/cache_guard.hpp"

namespace pgweir::relay {

/// The connection on which one database's cache holds its lock (see session::cache_guard). Connects when the first pool
/// of the database is known, and again when it is lost. Belongs to the first worker's thread.
class cache_keeper final : dedicated_user, net::deadline_handler {
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
    void on_connected() override;
    bool on_received(base::bytes_view input, std::size_t& consumed) override;
    void on_lost() override { guard_.lost(); }
    void settle() override;
    void on_deadline(int tag, base::time_point now) override;

    void tell();

    parts with_;
    cache_domain& domain_;
    session::cache_guard guard_;
    dedicated_connection connection_;
    net::deadline deadline_;
    base::time_point unknown_since_;  ///< to who caches alone
};

}  // namespace pgweir::relay

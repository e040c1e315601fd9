#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/shared_counter.hpp"
#include "base/time.hpp"
#include "cache/shared_store.hpp"
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
        cache::shared_store* store;  ///< of this worker; null: there is none
        base::shared_counter& schema;
    };
    /// `like`: whose upstream and credentials it connects with. All that is referred to outlives the keeper.
    cache_keeper(const parts& with, shared_pool& like, cache_domain& whose, std::string token);

    void start();
    /// Of which data the shared store has now.
    void name_store(const std::string& name);
    /// It was out of reach.
    void store_is_back() { settle(); }
    /// See cache_guard::watch().
    void watch(std::int32_t process_id);

private:
    void on_connected() override;
    bool on_received(base::bytes_view input, std::size_t& consumed) override;
    void on_lost() override { guard_.lost(); }
    void settle() override;
    void on_deadline(int tag, base::time_point now) override;

    void tell();
    void look_at_catalogs();
    void repair();
    void bury(const std::vector<std::int32_t>& processes);
    void look_after_marks();
    void tell_store(const marked_write& what, cache::shared_store::done told);
    std::string store_name() const;

    parts with_;
    cache_domain& domain_;
    session::cache_guard guard_;
    dedicated_connection connection_;
    net::deadline deadline_;
    base::time_point unknown_since_;  ///< to who caches alone
    std::string looked_at_;  ///< the database's name in the store, when the catalogs' stamp was seen there
    std::string named_;  ///< the store, last
    bool repairing_ = false;
    std::unordered_multimap<std::int32_t, marked_write> suspected_;  ///< of all pgweirs, by the backend that writes
};

}  // namespace pgweir::relay

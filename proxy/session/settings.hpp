#pragma once

#include <chrono>
#include <cstdint>

#include "base/time.hpp"

namespace pgweir::session {

/// What holds for every client of one database. `off` is zero.
struct settings {
    base::duration query_timeout = base::off;
    base::duration transaction_timeout = base::off;
    base::duration idle_in_transaction_timeout = base::off;
    base::duration client_idle_timeout = base::off;
    base::duration setup_timeout = std::chrono::seconds(5);  ///< for a round trip of ours: server.connect_timeout
    std::uint32_t max_prepared = 200;  ///< statements kept on one server connection, least recently used out first

    std::uint32_t max_clients = 0;  ///< of the database; 0: unlimited
    std::uint32_t max_clients_per_user = 0;
    std::uint32_t max_clients_per_address = 0;

    base::duration slow_query = std::chrono::milliseconds(500);  ///< logged from here on
};

}  // namespace pgweir::session

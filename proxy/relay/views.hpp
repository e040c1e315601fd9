#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "metrics/labels.hpp"
#include "session/pins.hpp"

namespace pgweir::relay {

class shared_pool;

/// What is shown of a client, and of the server that it holds.
struct client_view {
    std::uint64_t id = 0;
    const shared_pool* pool = nullptr;  ///< null: in login, or of the console
    std::string user, database, application_name;
    std::string address;  ///< numeric, or `unix`
    std::uint16_t port = 0;
    metrics::client_state state = metrics::client_state::login;
    bool leaving = false;  ///< the connection is gone or about to; a server may still be busy for it
    session::pin_set pins;
    std::size_t statements = 0;
    std::size_t pending = 0;  ///< requests without an answer
    std::size_t gates = 0;
    base::duration connected_for{};
    base::duration waiting_for{};

    std::uint64_t server_id = 0;  ///< 0: none
    std::int32_t server_process_id = 0;
    std::size_t server_statements = 0;
    bool server_in_transaction = false;
};

/// What is shown of a worker.
struct worker_view {
    std::vector<client_view> clients;
    std::size_t connecting = 0;
    std::size_t cancelling = 0;
};

/// What is shown of a server that nobody uses.
struct idle_server_view {
    std::uint64_t id = 0;
    std::int32_t process_id = 0;
    std::string address;
    base::duration open_for{};
    base::duration idle_for{};
};

}  // namespace pgweir::relay

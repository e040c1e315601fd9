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

}  // namespace pgweir::relay

namespace pgweir::net {
class socket_address;
}
namespace pgweir::upstream {
class server;
}

namespace pgweir::relay {

/// One end of a connection.
struct endpoint_view {
    std::string address;  ///< numeric, or `unix`
    std::uint16_t port = 0;
};

/// What is shown of a server, whoever has it.
struct server_view {
    std::uint64_t id = 0;  ///< 0: none
    std::int32_t process_id = 0;
    endpoint_view remote, local;
    std::size_t statements = 0;
    bool in_transaction = false;
    base::duration open_for{};
    base::duration idle_for{};  ///< only of one that nobody uses
};

endpoint_view view_of(const net::socket_address& end);
/// On the thread of its worker, or under the pools' mutex of one that is in a pool.
server_view view_of(const upstream::server& which, base::time_point now);

/// What is shown of a client, and of the server that it holds.
struct client_view {
    std::uint64_t id = 0;
    const shared_pool* pool = nullptr;  ///< null: in login, or of the console
    std::string user, database, application_name;
    std::string replication;  ///< none, logical or physical
    endpoint_view remote, local;
    metrics::client_state state = metrics::client_state::login;
    bool leaving = false;  ///< the connection is gone or about to; a server may still be busy for it
    session::pin_set pins;
    std::size_t statements = 0;
    std::size_t pending = 0;  ///< requests without an answer
    std::size_t gates = 0;
    base::duration connected_for{};
    base::duration quiet_for{};  ///< since its last message, or the last answer
    base::duration waiting_for{};
    server_view server;
};

/// What is shown of a worker.
struct worker_view {
    std::vector<client_view> clients;
    std::size_t connecting = 0;
    std::size_t cancelling = 0;
};

}  // namespace pgweir::relay

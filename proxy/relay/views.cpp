#include "relay/views.hpp"

#include "net/address.hpp"
#include "upstream/server.hpp"

namespace pgweir::relay {

endpoint_view view_of(const net::socket_address& end) {
    if (end.is_unix()) return {.address = "unix", .port = 0};
    return {.address = end.host(), .port = end.port()};
}

server_view view_of(const upstream::server& which, base::time_point now) {
    return {.id = which.id(),
            .process_id = which.state.process_id,
            .remote = view_of(which.address()),
            .local = view_of(net::socket_address::local_of(which.transport.fd())),
            .statements = which.state.statements.size(),
            .in_transaction = which.state.transaction_status != 'I',
            .open_for = now - which.created(),
            .idle_for = now - which.last_used()};
}

}  // namespace pgweir::relay

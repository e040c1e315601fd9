#pragma once

#include "base/bytes.hpp"
#include "net/reactor.hpp"
#include "net/transport.hpp"

namespace pgweir::relay {

/// Moves bytes both ways between a client and a server connection of its own, without looking at them: replication,
/// where either side may speak at any time. Ends when either side does.
class tunnel final : net::event_handler {
public:
    /// Told once when it is over; may destroy the tunnel.
    class watcher {
    public:
        virtual void on_tunnel_over() = 0;

    protected:
        ~watcher() = default;
    };

    /// `client` stays its owner's.
    tunnel(net::reactor& host, net::transport& client, net::transport server, watcher& owner);

    /// `early` was read from the client already.
    void begin(base::bytes_view early);

    /// The client's socket, which its owner watches, is ready.
    void on_client_ready(net::readiness ready);

private:
    void on_ready(int tag, net::readiness ready) override;
    void move_bytes();
    bool pump(net::transport& from, net::transport& to, base::byte_queue& unsent, bool& readable);
    static bool flush(net::transport& to, base::byte_queue& unsent);
    void end();

    net::reactor& reactor_;
    net::transport& client_;
    net::transport server_;
    net::registration watched_;
    watcher& owner_;
    base::byte_queue to_client_;
    base::byte_queue to_server_;
    bool client_readable_ = true;
    bool server_readable_ = true;
    bool over_ = false;
};

}  // namespace pgweir::relay

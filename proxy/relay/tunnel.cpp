#include "relay/tunnel.hpp"

#include <utility>

namespace pgweir::relay {

tunnel::tunnel(net::reactor& host, net::transport& client, net::transport server, watcher& owner)
    : reactor_(host), client_(client), server_(std::move(server)), owner_(owner) {
    watched_ = host.watch(server_.fd(), *this, 0);
}

void tunnel::begin(base::bytes_view early) {
    if (!watched_) return end();
    to_server_.append(early);
    move_bytes();
}

void tunnel::on_client_ready(net::readiness ready) {
    if (ready.readable || ready.hung_up) client_readable_ = true;
    move_bytes();
}

void tunnel::on_ready(int, net::readiness ready) {
    if (ready.readable || ready.hung_up) server_readable_ = true;
    move_bytes();
}

void tunnel::move_bytes() {
    if (over_) return;
    if (!pump(client_, server_, to_server_, client_readable_) || !pump(server_, client_, to_client_, server_readable_))
        end();
}

bool tunnel::pump(net::transport& from, net::transport& to, base::byte_queue& unsent, bool& readable) {
    while (true) {
        if (!flush(to, unsent)) return false;
        if (!unsent.empty() || !readable) return true;
        const auto scratch = reactor_.scratch();
        const net::io_result result = from.read(scratch);
        if (result.status == net::io_status::want_read || result.status == net::io_status::want_write) {
            readable = false;
            return true;
        }
        if (result.status != net::io_status::done) return false;
        unsent.append({scratch.data(), result.bytes});
    }
}

bool tunnel::flush(net::transport& to, base::byte_queue& unsent) {
    while (!unsent.empty()) {
        const net::io_result result = to.write(unsent.view());
        if (result.status == net::io_status::want_write || result.status == net::io_status::want_read) return true;
        if (result.status != net::io_status::done) return false;
        unsent.consume(result.bytes);
    }
    return true;
}

void tunnel::end() {
    over_ = true;
    watched_.reset();
    server_.close();
    owner_.on_tunnel_over();
}

}  // namespace pgweir::relay

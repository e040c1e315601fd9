#include "upstream/connect_attempt.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include "net/connect.hpp"

namespace pgweir::upstream {

connect_attempt::connect_attempt(connector& owner, std::uint64_t id, const settings& where, opening_request request,
                                 base::bytes_view nonce)
    : owner_(owner),
      id_(id),
      where_(where),
      opening_(std::move(request), nonce, &owner.scram_cache_, owner.texts_),
      deadline_(*this, 0),
      started_(owner.reactor_.now()) {
    owner.deadlines_.arm(deadline_, base::deadline_after(started_, where.connect_timeout));
}

void connect_attempt::begin(std::vector<net::socket_address> addresses) {
    addresses_ = std::move(addresses);
    try_next_address("no address");
}

void connect_attempt::fail(pool::connect_failure kind, std::string message) {
    opening_failure why{.kind = kind, .words = {.reason = session::outcome::server_unreachable, .message = {}}};
    why.words.detail = std::move(message);
    owner_.finish(id_, std::move(why));
}

void connect_attempt::try_next_address(std::string last_error) {
    while (next_address_ < addresses_.size()) {
        const net::socket_address& address = addresses_[next_address_++];
        auto socket = net::start_connect(address);
        if (!socket) {
            last_error = address.to_string() + ": " + socket.error().message();
            continue;
        }
        transport_ = net::transport(std::move(*socket));
        watched_ = owner_.reactor_.watch(transport_.fd(), *this, 0);
        if (watched_) return;
        last_error = std::error_code(errno, std::system_category()).message();
        transport_.close();
    }
    fail(pool::connect_failure::unreachable, std::move(last_error));
}

void connect_attempt::on_deadline(int, base::time_point) {
    fail(pool::connect_failure::timed_out, "timeout (server.connect_timeout)");
}

void connect_attempt::on_ready(int, net::readiness ready) {
    if (!connected_) {
        if (!ready.writable && !ready.hung_up) return;
        if (const auto error = net::connect_outcome(transport_.fd())) {
            watched_.reset();
            transport_.close();
            try_next_address(addresses_[next_address_ - 1].to_string() + ": " + error.message());
            return;
        }
        connected();
        return;
    }
    if (!unsent_.empty() && !write()) return;
    if (ready.readable || ready.hung_up) read();
}

void connect_attempt::connected() {
    connected_ = true;
    opening_.start(unsent_.storage());
    if (write()) read();
}

bool connect_attempt::write() {
    while (!unsent_.empty()) {
        const net::io_result result = transport_.write(unsent_.view());
        if (result.status == net::io_status::want_write || result.status == net::io_status::want_read) return true;
        if (result.status != net::io_status::done) {
            // The server's last words may stand in the socket still.
            return true;
        }
        unsent_.consume(result.bytes);
    }
    return true;
}

void connect_attempt::read() {
    const auto scratch = owner_.reactor_.scratch();
    while (true) {
        const net::io_result result = transport_.read(scratch);
        if (result.status == net::io_status::want_read || result.status == net::io_status::want_write) return;
        if (result.status != net::io_status::done) {
            fail(pool::connect_failure::unreachable,
                 result.error ? result.error.message() : "the server closed the connection during login");
            return;
        }
        unread_.append({scratch.data(), result.bytes});
        std::size_t consumed = 0;
        const auto next = opening_.receive(unread_.view(), consumed, unsent_.storage());
        unread_.consume(consumed);
        if (next == opening::step::failed) {
            owner_.finish(id_, opening_.failure());
            return;
        }
        if (next == opening::step::done) {
            watched_.reset();
            owner_.finish(id_, opened{std::move(transport_), addresses_[next_address_ - 1], opening_.take_state(),
                                      owner_.reactor_.now() - started_});
            return;
        }
        if (!write()) return;
    }
}

}  // namespace pgweir::upstream

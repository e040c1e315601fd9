#include "redis/connect_attempt.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include "net/connect.hpp"
#include "redis/error.hpp"

namespace pgweir::redis {

connect_attempt::connect_attempt(net::reactor& host, net::deadline_queue& deadlines, const settings& how, callback done)
    : reactor_(host), deadlines_(deadlines), how_(how), done_(std::move(done)), deadline_(*this, 0) {}

void connect_attempt::begin(net::resolver& names) {
    const auto take = [this, alive = std::weak_ptr(alive_)](const addresses& them) {
        if (!alive.expired()) found(them);
    };
    const url& where = how_.where;
    if (where.path.empty()) return names.resolve(where.host, where.port, take);
    const auto path = net::socket_address::unix_path(where.path);
    reactor_.post([take, them = path ? addresses(std::vector{*path}) : addresses(path.error())] { take(them); });
}

void connect_attempt::found(const addresses& them) {
    if (!them) return finish(connect_failure{{.code = them.error()}, {}});
    addresses_ = *them;
    try_next_address();
}

void connect_attempt::try_next_address() {
    while (next_address_ < addresses_.size()) {
        auto socket = net::start_connect(addresses_[next_address_++]);
        if (!socket) {
            last_ = {.code = socket.error()};
            continue;
        }
        stream_ = net::transport(std::move(*socket));
        watched_ = reactor_.watch(stream_.fd(), *this, 0);
        if (watched_) return deadlines_.arm(deadline_, reactor_.now() + how_.connect_timeout);
        last_ = {.code = std::error_code(errno, std::system_category())};
        stream_.close();
    }
    finish(connect_failure{last_, addresses_.back().to_string()});
}

void connect_attempt::address_failed(refusal why) {
    last_ = std::move(why);
    disconnect();
    try_next_address();
}

void connect_attempt::disconnect() {
    watched_.reset_before_close();
    stream_.close();
    machine_.reset();
    stands_ = false;
}

void connect_attempt::on_deadline(int, base::time_point) {
    address_failed({.code = error_code::connect_timed_out});
}

void connect_attempt::on_ready(int, net::readiness ready) {
    if (!stands_) {
        if (!ready.writable && !ready.hung_up) return;
        if (const auto error = net::connect_outcome(stream_.fd())) return address_failed({.code = error});
        stands_ = true;
        machine_ = std::make_unique<connection_machine>(how_.where, how_.most);
    }
    write();
    read();
}

// A failure is left to read(): the server's last words, why it does not want us, may stand in the socket still.
void connect_attempt::write() {
    while (!machine_->unsent().empty()) {
        const net::io_result result = stream_.write(machine_->unsent());
        if (result.status != net::io_status::done) return;
        machine_->sent(result.bytes);
    }
}

void connect_attempt::read() {
    const auto scratch = reactor_.scratch();
    while (true) {
        const net::io_result result = stream_.read(scratch);
        if (result.status == net::io_status::want_read || result.status == net::io_status::want_write) return;
        if (result.status != net::io_status::done)
            return address_failed({.code = result.error ? result.error : error_code::closed_by_server});
        machine_->feed({scratch.data(), result.bytes});
        switch (machine_->next().what) {
            case connection_machine::event::kind::greeted:
                watched_.reset();
                return finish(connected{std::move(stream_), std::move(machine_), addresses_[next_address_ - 1]});
            case connection_machine::event::kind::broken: {
                refusal why = machine_->why();
                return address_failed(std::move(why));
            }
            case connection_machine::event::kind::wait:
            case connection_machine::event::kind::answered: break;
        }
    }
}

void connect_attempt::finish(outcome what) {
    deadline_.clear();
    // It may destroy this object, and the function with it.
    const callback done = std::move(done_);
    done(std::move(what));
}

}  // namespace pgweir::redis

#include "admin/console_connection.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "wire/backend.hpp"

namespace pgweir::admin {

using session::outcome;

namespace {

/// Of commands that were sent ahead, and of answers that were not read: then it is not read any more.
constexpr std::size_t most_unread = std::size_t{64} * 1024;

/// To read why it has to go.
constexpr base::duration farewell_time = std::chrono::seconds(2);

/// Reads in one go before others have their turn.
constexpr int rounds_per_turn = 16;

/// Who comes in here could read every password in pgweir's memory: there is nothing to prove.
std::shared_ptr<const relay::service_settings> without_password() {
    auto settings = std::make_shared<relay::service_settings>();
    settings->method = auth::method::trust;
    return settings;
}

}  // namespace

console_connection::console_connection(const parts& at, base::unique_fd socket, std::function<void()> over)
    : at_(at),
      transport_(std::move(socket)),
      over_(std::move(over)),
      login_(without_password(), relay::peer_facts{.local = true, .address = {}}, {}),
      self_(std::make_shared<console_connection*>(this)) {}

console_connection::~console_connection() = default;

void console_connection::begin(base::time_point login_ends) {
    at_.deadlines.arm(deadline_, login_ends);
    watched_ = at_.reactor.watch(transport_.fd(), *this, 0);
    if (!watched_) end();
}

void console_connection::shut_down() {
    fail({.reason = outcome::shutting_down});
}

void console_connection::on_ready(int, net::readiness ready) {
    if (ready.readable || ready.hung_up || ready.ended) readable_ = true;
    run();
}

void console_connection::on_deadline(int, base::time_point) {
    if (leaving_) return end();
    fail({.reason = outcome::login_timeout});
}

void console_connection::run() {
    flush();
    feed();
    read();
}

bool console_connection::may_read() const {
    return transport_.is_open() && readable_ && unread_.size() < most_unread && unsent_.empty();
}

void console_connection::read() {
    for (int round = 0; may_read(); ++round) {
        if (round == rounds_per_turn)
            return at_.reactor.post([self = std::weak_ptr(self_)] {
                if (const auto alive = self.lock()) (*alive)->run();
            });
        const auto scratch = at_.reactor.scratch();
        const net::io_result result = transport_.read(scratch);
        if (result.status == net::io_status::want_read || result.status == net::io_status::want_write) {
            readable_ = false;
            return;
        }
        if (result.status != net::io_status::done) return end();
        if (leaving_) continue;
        unread_.append({scratch.data(), result.bytes});
        feed();
    }
}

// More is taken only when the socket has taken the answers, so that these cannot pile up.
void console_connection::feed() {
    if (!session_ && !leaving_ && transport_.is_open()) feed_login();
    while (session_ && !leaving_ && unsent_.empty() && !unread_.empty()) {
        const std::size_t before = unread_.size();
        feed_session();
        if (unread_.size() == before) return;
    }
}

void console_connection::feed_login() {
    std::size_t consumed = 0;
    const auto step = login_.receive(unread_.view(), consumed, unsent_.storage());
    unread_.consume(consumed);
    switch (step) {
        case relay::login_flow::step::wait: return flush();
        case relay::login_flow::step::cancel: return end();  // nothing here can be cancelled
        case relay::login_flow::step::failed:
            if (login_.failure().reason == outcome::client_terminated) return end();
            return fail(login_.failure());
        case relay::login_flow::step::proven: break;
    }
    if (!at_.console.serves(login_.database()))
        return fail({.reason = outcome::unknown_database,
                     .message = "database \"" + login_.database() + "\" is not served on this socket",
                     .hint = "Only the console is: ask for the database pgweir."});
    relay::console_session::greet(unsent_.storage());
    session_.emplace(at_.console, at_.worker, relay::console_user{login_.user(), relay::console_access::change});
    deadline_.clear();
    flush();
}

void console_connection::feed_session() {
    std::size_t consumed = 0;
    const auto stop = session_->receive(unread_.view(), consumed, unsent_.storage(),
                                        [self = std::weak_ptr(self_)](const std::string& reply) {
                                            if (const auto alive = self.lock()) (*alive)->answered(reply);
                                        });
    unread_.consume(consumed);
    if (stop == relay::console_session::stop::terminated) return end();
    if (stop == relay::console_session::stop::failed) return fail({.reason = outcome::protocol_violation});
    flush();
}

void console_connection::answered(const std::string& reply) {
    if (leaving_ || !transport_.is_open()) return;
    unsent_.append(reply);
    wire::append_ready_for_query(unsent_.storage(), 'I');
    session_->finished();
    // Not from in here: the answer may come while the question is still being taken.
    at_.reactor.defer(*this);
}

void console_connection::fail(const session::failure& why) {
    if (leaving_ || !transport_.is_open()) return;
    session::append_failure(unsent_.storage(), why, session::severity::fatal);
    leaving_ = true;
    unread_.clear();
    at_.deadlines.arm(deadline_, at_.reactor.now() + farewell_time);
    flush();
}

void console_connection::flush() {
    while (transport_.is_open() && !unsent_.empty()) {
        const net::io_result result = transport_.write(unsent_.view());
        if (result.status == net::io_status::want_read || result.status == net::io_status::want_write) return;
        if (result.status != net::io_status::done) return end();
        unsent_.consume(result.bytes);
    }
    if (leaving_ && transport_.is_open()) transport_.shutdown_write();
}

void console_connection::end() {
    if (!transport_.is_open()) return;
    watched_.reset_before_close();
    transport_.close();
    deadline_.clear();
    unread_.clear();
    unsent_.clear();
    over_();
}

}  // namespace pgweir::admin

#include "relay/dedicated_connection.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "base/log.hpp"

namespace pgweir::relay {

namespace {

constexpr base::duration first_pause = std::chrono::milliseconds(100);
constexpr base::duration longest_pause = std::chrono::seconds(5);

}  // namespace

void dedicated_connection::connect(parameters startup) {
    connecting_ = true;
    servers_.open_dedicated(like_, std::move(startup),
                            [this](upstream::open_result result) { opened(std::move(result)); });
}

void dedicated_connection::opened(upstream::open_result result) {
    connecting_ = false;
    if (const auto* failed = std::get_if<upstream::opening_failure>(&result))
        return fail(what_.failed, failed->why(), std::clamp(pause_ * 2, first_pause, longest_pause));
    pause_ = {};
    transport_ = std::move(std::get<upstream::opened>(result).connection);
    watched_ = reactor_.watch(transport_.fd(), *this, 0);
    if (!watched_) return lose("it cannot be watched");
    user_.on_connected();
    user_.settle();
    read();
}

void dedicated_connection::on_ready(int, net::readiness ready) {
    if (ready.writable) write();
    if (is_open()) read();
}

void dedicated_connection::read() {
    const auto scratch = reactor_.scratch();
    while (is_open()) {
        const net::io_result result = transport_.read(scratch);
        if (result.status == net::io_status::want_read || result.status == net::io_status::want_write) break;
        if (result.status != net::io_status::done) return lose("it was closed");
        unread_.append({scratch.data(), result.bytes});
        std::size_t consumed = 0;
        const bool sound = user_.on_received(unread_.view(), consumed);
        unread_.consume(consumed);
        if (!sound) return lose("it sent what makes no sense");
    }
    user_.settle();
}

void dedicated_connection::write() {
    while (!unsent_.empty() && is_open()) {
        net::pass(what_.due);
        const net::io_result result = transport_.write(unsent_.view());
        if (result.status == net::io_status::want_write || result.status == net::io_status::want_read) return;
        if (result.status != net::io_status::done) return lose("it was closed");
        net::pass(what_.sent);
        unsent_.consume(result.bytes);
    }
}

void dedicated_connection::lose(const char* why) {
    disconnect();
    fail(what_.lost, why, first_pause);
}

void dedicated_connection::disconnect() {
    watched_.reset_before_close();
    transport_.close();
    unread_.clear();
    unsent_.clear();
}

void dedicated_connection::fail(std::string_view event, std::string why, base::duration pause) {
    base::log::event(base::log::level::warning, event, {{"pool", like_.servers.name()}, {"message", std::move(why)}});
    pause_ = pause;
    next_attempt_ = reactor_.now() + pause_;
    user_.on_lost();
    user_.settle();
}

}  // namespace pgweir::relay

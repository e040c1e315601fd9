#include "cli/console_client.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <system_error>
#include <utility>

#include "cli/console_answer.hpp"
#include "config/values.hpp"
#include "net/address.hpp"
#include "net/connect.hpp"
#include "wire/frontend.hpp"
#include "wire/startup.hpp"

namespace pgweir::cli {

namespace {

constexpr auto console_database = "pgweir";

base::time_point end_of(base::duration limit) {
    return base::deadline_after(base::clock::now(), limit);
}

net::transport connect_to(const std::string& path) {
    const auto where = net::socket_address::unix_path(path);
    if (!where) throw console_error("no path that a unix socket can have");
    auto connected = net::start_connect(*where);
    if (!connected) throw console_error(connected.error().message());
    return net::transport(std::move(connected).value());
}

/// For poll(): rounded up, at most an hour.
int milliseconds_until(base::time_point ends) {
    constexpr auto longest = std::chrono::milliseconds(std::chrono::hours(1));
    if (ends == base::never) return static_cast<int>(longest.count());
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(ends - base::clock::now());
    return static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), longest).count());
}

}  // namespace

console_client::console_client(const std::string& path, base::duration limit)
    : transport_(connect_to(path)), limit_(limit) {
    std::string startup;
    // Who it is, is asked of the kernel: the name is only for the eye.
    wire::append_startup(startup, {{"user", "pgweir"}, {"database", console_database}});
    exchange(startup, end_of(limit));
}

console_table console_client::ask(const std::string& command, base::duration limit) {
    limit_ = limit;
    std::string query;
    wire::append_query(query, command);
    return exchange(query, end_of(limit));
}

console_table console_client::exchange(base::bytes_view request, base::time_point ends) {
    send(request, ends);
    console_answer answer;
    while (!answer.complete() && receive(ends)) {
        std::size_t consumed = 0;
        if (answer.receive(unread_.view(), consumed)) throw console_error("speaks as no console of pgweir does");
        unread_.consume(consumed);
    }
    if (const auto& refusal = answer.refusal())
        throw console_error(refusal->message + (refusal->hint.empty() ? "" : " (" + refusal->hint + ")"),
                            refusal->sqlstate);
    if (!answer.complete()) throw console_error("closed the connection without an answer");
    return answer.table();
}

void console_client::send(base::bytes_view request, base::time_point ends) {
    while (!request.empty()) {
        const net::io_result sent = transport_.write(request);
        // Who has closed may have said why.
        if (sent.status == net::io_status::failed || sent.status == net::io_status::closed) return;
        if (sent.status == net::io_status::done)
            request.remove_prefix(sent.bytes);
        else
            wait_for(sent.status == net::io_status::want_read ? POLLIN : POLLOUT, ends);
    }
}

bool console_client::receive(base::time_point ends) {
    std::array<char, 16384> buffer;
    while (true) {
        const net::io_result read = transport_.read(buffer);
        switch (read.status) {
            case net::io_status::done: unread_.append({buffer.data(), read.bytes}); return true;
            case net::io_status::closed:
            case net::io_status::failed: return false;
            case net::io_status::want_read: wait_for(POLLIN, ends); break;
            case net::io_status::want_write: wait_for(POLLOUT, ends); break;
        }
    }
}

void console_client::wait_for(short events, base::time_point ends) const {
    pollfd watched{.fd = transport_.fd(), .events = events, .revents = 0};
    while (true) {
        const int ready = ::poll(&watched, 1, milliseconds_until(ends));
        if (ready > 0) return;
        if (ready < 0 && errno != EINTR) throw console_error(std::generic_category().message(errno));
        if (base::clock::now() >= ends) throw console_error("no answer within " + config::format_duration(limit_));
    }
}

}  // namespace pgweir::cli

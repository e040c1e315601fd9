#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/unique_fd.hpp"
#include "net/reactor.hpp"

namespace pgweir::net {

inline void check(int outcome, const char* what) {
    if (outcome < 0) throw std::system_error(errno, std::system_category(), what);
}

/// Both ends non-blocking.
inline std::pair<base::unique_fd, base::unique_fd> socket_pair() {
    std::array<int, 2> ends{};
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
    return {base::unique_fd(ends[0]), base::unique_fd(ends[1])};
}

/// Two ends of a TCP connection over the loopback interface, non-blocking.
inline std::pair<base::unique_fd, base::unique_fd> tcp_pair() {
    const base::unique_fd listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(where);
    auto* address = reinterpret_cast<sockaddr*>(&where);
    check(::bind(listening.get(), address, length), "bind");
    check(::listen(listening.get(), 1), "listen");
    check(::getsockname(listening.get(), address, &length), "getsockname");
    base::unique_fd first(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    check(::connect(first.get(), address, length), "connect");
    check(::fcntl(first.get(), F_SETFL, O_NONBLOCK), "fcntl");
    base::unique_fd second(::accept4(listening.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    check(second.get(), "accept");
    return {std::move(first), std::move(second)};
}

inline void send_text(const base::unique_fd& to, std::string_view text) {
    ASSERT_EQ(::send(to.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

/// What lies in the socket, at most `limit` bytes.
inline std::string receive_text(int from, std::size_t limit = 65536) {
    std::string text(limit, '\0');
    const ssize_t count = ::recv(from, text.data(), text.size(), MSG_DONTWAIT);
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
}

/// A worker's loop, on the test's thread.
class loop_test : public ::testing::Test {
protected:
    static constexpr std::chrono::seconds patience{10};

    /// False, and a failure, when it does not come true.
    bool run_until(const std::function<bool()>& condition) {
        const auto end = std::chrono::steady_clock::now() + patience;
        while (!condition() && std::chrono::steady_clock::now() < end) loop.run_once(std::chrono::milliseconds(50));
        if (!condition()) ADD_FAILURE() << "waited in vain";
        return condition();
    }

    /// Runs what is ready, and what follows from it.
    void settle() {
        while (loop.run_once(base::duration::zero())) {}
    }

    void run_for(base::duration time) {
        const auto end = base::clock::now() + time;
        while (base::clock::now() < end) loop.run_once(end - base::clock::now());
    }

    reactor loop;
};

/// Writes down what it is told.
struct recorder final : event_handler {
    struct event {
        int tag;
        readiness ready;
    };

    void on_ready(int tag, readiness ready) override {
        events.push_back({tag, ready});
        if (then) then(tag, ready);
    }

    std::size_t readable() const {
        std::size_t count = 0;
        for (const event& each : events) count += each.ready.readable ? 1 : 0;
        return count;
    }

    std::vector<event> events;
    std::function<void(int, readiness)> then;
};

}  // namespace pgweir::net

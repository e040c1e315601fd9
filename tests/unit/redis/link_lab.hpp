#pragma once

#include <linux/tcp.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/unique_fd.hpp"
#include "net/address.hpp"
#include "net/deadlines.hpp"
#include "net/random.hpp"
#include "net/support.hpp"
#include "redis/error.hpp"
#include "redis/link.hpp"
#include "redis/words.hpp"

namespace pgweir::redis {

/// A server that says what the test tells it to, on the loopback interface.
class fake_redis {
public:
    fake_redis() { listen(); }

    /// On the same port as before, if there was one.
    void listen() {
        listening_ = base::unique_fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        const int on = 1;
        net::check(::setsockopt(listening_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "SO_REUSEADDR");
        const auto where = *net::socket_address::parse("127.0.0.1", port_);
        net::check(::bind(listening_.get(), where.native(), where.size()), "bind");
        net::check(::listen(listening_.get(), 8), "listen");
        port_ = net::socket_address::local_of(listening_.get()).port();
    }
    void refuse() { listening_.reset(); }

    /// Takes the next connection in place of the one before. False when there is none.
    bool accept() {
        base::unique_fd next(::accept4(listening_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!next) return false;
        connection_ = std::move(next);
        received_.clear();
        ended_ = false;
        ++accepted_;
        return true;
    }

    /// Everything that came on this connection and was not taken.
    const std::string& received() {
        while (true) {
            std::string more(65536, '\0');
            const ssize_t count = ::recv(connection_.get(), more.data(), more.size(), MSG_DONTWAIT);
            if (count < 0) return received_;
            if (count == 0) {
                ended_ = true;
                return received_;
            }
            received_.append(more, 0, static_cast<std::size_t>(count));
        }
    }
    std::string take() {
        received();
        return std::exchange(received_, {});
    }
    /// The other side has closed the connection.
    bool ended() {
        received();
        return ended_;
    }

    void say(std::string_view text) { net::send_text(connection_, text); }
    void hang_up() { connection_.reset(); }

    /// Segments with data that came on this connection: as many as there were writes, while those are small.
    std::uint32_t writes() const {
        tcp_info info{};
        socklen_t length = sizeof(info);
        net::check(::getsockopt(connection_.get(), IPPROTO_TCP, TCP_INFO, &info, &length), "TCP_INFO");
        return info.tcpi_data_segs_in;
    }

    std::uint16_t port() const noexcept { return port_; }
    int accepted() const noexcept { return accepted_; }
    const base::unique_fd& connection() const noexcept { return connection_; }

private:
    base::unique_fd listening_;
    base::unique_fd connection_;
    std::uint16_t port_ = 0;
    std::string received_;
    bool ended_ = false;
    int accepted_ = 0;
};

/// A link to such a server, on the test's thread.
struct link_lab : net::loop_test {
    settings how() const {
        settings made;
        made.where.host = "127.0.0.1";
        made.where.port = server.port();
        // Long, so that a busy machine decides no test; those about time set it.
        made.timeout = patience;
        made.connect_timeout = patience;
        made.check_interval = std::chrono::hours(1);
        return made;
    }

    void make(settings with) {
        store = std::make_unique<link>(link::parts{loop, deadlines, random}, std::move(with),
                                       link_events{.on_connected =
                                                       [this](const server_identity& which) {
                                                           events.push_back("connected");
                                                           epochs.push_back(which.epoch());
                                                       },
                                                   .on_lost = [this] { events.emplace_back("lost"); }});
    }

    /// The server takes the next connection and hears the greeting.
    bool meet() {
        const int before = server.accepted();
        return run_until([&] { return server.accepted() > before || server.accept(); }) &&
               run_until([&] { return server.received().ends_with("*1\r\n$4\r\nPING\r\n"); }) && !server.take().empty();
    }

    /// Until the link is connected.
    bool welcome(const greeting_replies& with = {}) {
        if (!meet()) return false;
        server.say(with.to_string());
        return run_until([&] { return store->is_connected(); });
    }

    void connect(std::optional<settings> with = {}) {
        make(with ? *with : how());
        store->start();
        ASSERT_TRUE(welcome());
        events.clear();
    }

    /// Writes down what becomes of it as `NUMBER: reply`, in the order of the answers.
    int send(const std::vector<std::string_view>& command_words) {
        const int number = ++sent_;
        store->send(metrics::store_op::get, command_words, [this, number](const answer& told) { note(number, told); });
        return number;
    }

    void note(int number, const answer& told) {
        events.push_back(std::to_string(number) + ": " + (told ? text_of(*told) : told.error().message()));
    }

    bool told(std::size_t count) {
        return run_until([&] { return events.size() >= count; });
    }

    /// In a tick of its own, as all that a worker does.
    void in_a_tick(std::function<void()> work) {
        bool done = false;
        loop.post([&done, work = std::move(work)] {
            work();
            done = true;
        });
        run_until([&] { return done; });
    }

    static std::string words_of(error_code code) { return make_error_code(code).message(); }

    fake_redis server;
    net::deadline_queue deadlines{loop};
    net::random_source random;
    std::vector<std::string> events;
    std::vector<epoch> epochs;
    std::unique_ptr<link> store;

private:
    int sent_ = 0;
};

}  // namespace pgweir::redis

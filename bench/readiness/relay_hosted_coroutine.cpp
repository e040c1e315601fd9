// As relay_hosted_epoll, but each session is a coroutine of our own: what does a coroutine for each client cost?

#include <coroutine>
#include <cstdint>
#include <exception>
#include <span>
#include <utility>
#include <vector>

#include "readiness/asio_host.hpp"
#include "readiness/byte_session.hpp"
#include "readiness/sockets.hpp"

namespace pgweir::bench {
namespace {

/// Runs at once and destroys its own frame at its end. Nobody waits for it and it returns nothing.
struct detached {
    struct promise_type {
        detached get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
    };
};

/// Lets one coroutine wait for the next event on either socket of a session.
class session_events {
public:
    struct event {
        side which;
        std::uint32_t mask;
    };

    session_events(epoll_set& set, const byte_session& bytes)
        : set_(set),
          client_(*this, side::client, bytes.fd(side::client)),
          server_(*this, side::server, bytes.fd(side::server)) {
        set_.add(client_.fd_, client_);
        set_.add(server_.fd_, server_);
    }
    session_events(const session_events&) = delete;
    session_events& operator=(const session_events&) = delete;
    ~session_events() {
        set_.remove(client_.fd_, client_);
        set_.remove(server_.fd_, server_);
    }

    auto next() noexcept {
        struct awaiter {
            session_events& events;

            bool await_ready() const noexcept { return false; }
            void await_suspend(std::coroutine_handle<> waiting) const noexcept { events.waiting_ = waiting; }
            event await_resume() const noexcept { return events.last_; }
        };
        return awaiter{*this};
    }

private:
    struct end final : watcher {
        end(session_events& owner, side which, int fd) : owner_(owner), which_(which), fd_(fd) {}

        /// The coroutine may end in here and take this object with it.
        void on_ready(std::uint32_t mask) override {
            owner_.last_ = {which_, mask};
            owner_.waiting_.resume();
        }

        session_events& owner_;
        side which_;
        int fd_;
    };

    epoll_set& set_;
    end client_;
    end server_;
    event last_{};
    std::coroutine_handle<> waiting_;
};

detached run_session(epoll_set& set, base::unique_fd client, base::unique_fd server, std::span<char> scratch) {
    byte_session bytes(std::move(client), std::move(server));
    session_events events(set, bytes);
    session_events::event event{};
    do {
        event = co_await events.next();
    } while (bytes.on_ready(event.which, event.mask, scratch));
}

class acceptor final : watcher {
public:
    acceptor(epoll_set& set, ports where) : set_(set), listener_(listen_on(where.listen)), server_(where.server) {
        set_.add(listener_.get(), *this);
    }

private:
    void on_ready(std::uint32_t) override {
        while (base::unique_fd client = accept_client(listener_.get())) {
            base::unique_fd server = connect_to(server_);
            if (server) run_session(set_, std::move(client), std::move(server), scratch_);
        }
    }

    epoll_set& set_;
    base::unique_fd listener_;
    std::uint16_t server_;
    std::vector<char> scratch_ = std::vector<char>(scratch_size);
};

}  // namespace
}  // namespace pgweir::bench

int main(int argc, char** argv) {
    using namespace pgweir::bench;
    const ports where = parse_arguments(argc, argv);
    boost::asio::io_context context(concurrency);
    epoll_set set;
    const acceptor clients(set, where);
    const asio_host host(context, set);
    context.run();
}

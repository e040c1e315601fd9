#pragma once

#include <cstdint>
#include <list>
#include <span>
#include <utility>
#include <vector>

#include "readiness/byte_session.hpp"
#include "readiness/epoll_set.hpp"
#include "readiness/sockets.hpp"

namespace pgweir::bench {

/// Accepts clients and runs a session for each by plain callbacks from an epoll set; who drives the set is not its
/// business.
class callback_relay final : watcher {
public:
    /// `set` must outlive the relay. Throws std::system_error.
    callback_relay(epoll_set& set, ports where) : set_(set), listener_(listen_on(where.listen)), server_(where.server) {
        set_.add(listener_.get(), *this);
    }

private:
    class session {
    public:
        session(callback_relay& relay, base::unique_fd client, base::unique_fd server)
            : relay_(relay),
              bytes_(std::move(client), std::move(server)),
              client_(*this, side::client),
              server_(*this, side::server) {
            relay_.set_.add(bytes_.fd(side::client), client_);
            relay_.set_.add(bytes_.fd(side::server), server_);
        }
        session(const session&) = delete;
        session& operator=(const session&) = delete;
        ~session() {
            relay_.set_.remove(bytes_.fd(side::client), client_);
            relay_.set_.remove(bytes_.fd(side::server), server_);
        }

        std::list<session>::iterator place;

    private:
        struct end final : watcher {
            end(session& owner, side which) : owner_(owner), which_(which) {}
            void on_ready(std::uint32_t events) override { owner_.on_ready(which_, events); }

            session& owner_;
            side which_;
        };

        /// Destroys the session at its end.
        void on_ready(side which, std::uint32_t events) {
            if (!bytes_.on_ready(which, events, relay_.scratch_)) relay_.sessions_.erase(place);
        }

        callback_relay& relay_;
        byte_session bytes_;
        end client_;
        end server_;
    };

    void on_ready(std::uint32_t) override {
        while (base::unique_fd client = accept_client(listener_.get())) {
            base::unique_fd server = connect_to(server_);
            if (!server) continue;
            sessions_.emplace_front(*this, std::move(client), std::move(server));
            sessions_.front().place = sessions_.begin();
        }
    }

    epoll_set& set_;
    base::unique_fd listener_;
    std::uint16_t server_;
    std::vector<char> scratch_ = std::vector<char>(scratch_size);
    std::list<session> sessions_;
};

}  // namespace pgweir::bench

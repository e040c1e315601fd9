#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/bytes.hpp"
#include "net/address.hpp"
#include "net/reactor.hpp"
#include "net/transport.hpp"
#include "pool/member.hpp"
#include "session/server_state.hpp"

namespace pgweir::upstream {

class server;

/// Whoever a server is lent to; lives on the server's worker.
class server_user {
public:
    virtual void on_server_ready(net::readiness ready) = 0;

protected:
    ~server_user() = default;
};

/// Told about servers that nobody uses; one for each worker.
class idle_watcher {
public:
    virtual void on_idle_server(server& which, net::readiness ready) = 0;

protected:
    ~idle_watcher() = default;
};

/// Marks what a server was opened for; the shell of pools derives from it.
class server_owner {
protected:
    ~server_owner() = default;
};

/// A logged-in server connection. It moves whole: socket, what is known of its session, bytes that were read and not
/// understood yet. It stays registered with its worker's reactor while it goes from client to client; only the thread
/// of that worker touches it, whoever owns the unique_ptr.
class server final : public pool::member, net::event_handler {
public:
    server(server_owner& owner, std::uint64_t id, std::uint32_t worker, pool::slot place, base::time_point created,
           std::uint64_t entropy, net::transport connection, net::socket_address address, session::server_state known)
        : pool::member(id, worker, std::move(place), created, entropy),
          transport(std::move(connection)),
          state(std::move(known)),
          owner_(&owner),
          address_(address) {}

    ~server() override { watched_.reset(); }

    server_owner& owner() const noexcept { return *owner_; }
    /// Where a cancel request has to go.
    const net::socket_address& address() const noexcept { return address_; }

    /// To be called on the thread of the worker it comes to.
    void attach(net::reactor& to, idle_watcher& idle) {
        idle_ = &idle;
        watched_ = to.watch(transport.fd(), *this, 0);
        // Of one that cannot be watched nothing would ever be heard: its next user finds it lost.
        if (!watched_) transport.close();
    }
    /// To be called on the thread of the worker it leaves, when no user is set.
    void detach() noexcept { watched_.reset(); }

    void set_user(server_user* user) noexcept { user_ = user; }

    /// Where others read which client notifies by this server, by the process id that client was told.
    void set_holder(std::shared_ptr<std::atomic<std::int32_t>> shown) noexcept { holder_ = std::move(shown); }
    /// Something is about to be sent that may commit.
    void works_for(std::int32_t client_process_id) noexcept { show(client_process_id); }
    /// In a transaction nothing has been notified yet: whatever comes now is of the one who committed last.
    void answered(std::int32_t client_process_id, bool in_transaction) noexcept {
        if (!in_transaction) committed_last_ = client_process_id;
        show(committed_last_);
    }

    net::transport transport;
    session::server_state state;
    base::byte_queue unread;  ///< the beginning of a message
    bool drained = true;      ///< nothing more to read until the next edge
    bool ended = false;       ///< the server will send no more: what is left is to be read to its end

private:
    void show(std::int32_t client_process_id) noexcept {
        if (holder_) holder_->store(client_process_id, std::memory_order_relaxed);
    }

    void on_ready(int, net::readiness ready) override {
        if (ready.readable || ready.hung_up) drained = false;
        ended = ended || ready.ended;
        if (user_ != nullptr)
            user_->on_server_ready(ready);
        else
            idle_->on_idle_server(*this, ready);
    }

    server_owner* owner_;
    std::shared_ptr<std::atomic<std::int32_t>> holder_;
    std::int32_t committed_last_ = 0;
    net::socket_address address_;
    net::registration watched_;
    server_user* user_ = nullptr;
    idle_watcher* idle_ = nullptr;
};

}  // namespace pgweir::upstream

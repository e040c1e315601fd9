#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "base/unique_fd.hpp"
#include "net/address.hpp"
#include "net/deadlines.hpp"
#include "net/listener.hpp"
#include "net/reactor.hpp"

namespace pgweir::net {

/// Accepts clients at one address (a name may have several). Accepted sockets are non-blocking, not
/// inherited, and tuned.
class acceptor final : event_handler, deadline_handler {
public:
    /// May stop() the acceptor, but not destroy it.
    using callback = std::function<void(base::unique_fd client, socket_address peer)>;
    /// Told of each newcomer that was closed at once because the process has no descriptor left.
    using refusal_callback = std::function<void()>;

    /// `address` as parse_listen_address() reads it. Throws std::system_error when it is none or cannot be bound;
    /// asks the name service, so this is for start-up.
    acceptor(reactor& host, deadline_queue& deadlines, const std::string& address, callback on_client,
             refusal_callback on_refused = {});
    /// At sockets that are there, at least one. Throws std::system_error when the kernel cannot watch them.
    acceptor(reactor& host, deadline_queue& deadlines, std::vector<listener> sockets, callback on_client,
             refusal_callback on_refused = {});
    acceptor(const acceptor&) = delete;
    acceptor& operator=(const acceptor&) = delete;
    ~acceptor();

    /// Leaves newcomers in the kernel's queue, until resume().
    void pause() noexcept { paused_ = true; }
    void resume();

    /// Closes the listening sockets, for good: newcomers are refused by the kernel. Removes the unix socket's file.
    void stop() noexcept;

    /// The port that was bound, also when 0 was asked for.
    std::uint16_t local_port() const noexcept { return port_; }

    /// Newcomers that were closed at once because the process has no descriptor left.
    std::uint64_t refused_for_descriptors() const noexcept { return refused_for_descriptors_; }

private:
    struct listening_socket {
        listener listening;
        registration watched;
    };

    void on_ready(int tag, readiness ready) override;
    void on_deadline(int tag, base::time_point now) override;
    void accept_some(std::size_t index);
    enum class refusal { refused, nobody_waits, no_room };
    bool goes_on_after(int error, int listening);
    refusal refuse_one(int listening);
    void accept_later(std::size_t index);
    void accept_at_all_later();
    void retry_later();

    reactor& reactor_;
    deadline_queue& deadlines_;
    callback on_client_;
    refusal_callback on_refused_;
    std::vector<listening_socket> sockets_;
    /// Held open for nothing but the moment when there is no other: closed, it makes room to accept a newcomer and
    /// close it, who would else wait in the kernel's queue without an answer.
    base::unique_fd reserve_;
    std::uint16_t port_ = 0;
    bool paused_ = false;
    std::uint64_t refused_for_descriptors_ = 0;
    deadline retry_{*this, 0};
    /// Gone when the acceptor is.
    std::shared_ptr<acceptor*> self_;
};

}  // namespace pgweir::net

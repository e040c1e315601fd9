#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/unique_fd.hpp"

namespace pgweir::bench {

enum class side : std::uint8_t { client, server };

/// Moves bytes between two non-blocking sockets whose readiness is reported as edges. Knows nothing of the loop, so
/// that the relays which share it differ in their way of waiting only.
class byte_session {
public:
    byte_session(base::unique_fd client, base::unique_fd server)
        : ends_{end{std::move(client), {}}, end{std::move(server), {}}} {}

    int fd(side which) const noexcept { return ends_[index(which)].fd.get(); }

    /// `events` is an epoll mask. False: the session is over, and everything that could be delivered has been.
    bool on_ready(side which, std::uint32_t events, std::span<char> scratch) {
        end& self = ends_[index(which)];
        end& peer = ends_[1 - index(which)];
        if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) self.readable = true;
        if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) self.hung_up = true;
        if ((events & EPOLLOUT) != 0 && !self.unsent.empty() && flush(self)) move(peer, self, scratch);
        move(self, peer, scratch);
        return !over(self, peer) && !over(peer, self);
    }

private:
    struct end {
        base::unique_fd fd;
        std::string unsent;  // from the peer, refused by this socket so far; while there is any the peer is not read
        bool readable = false;  // an edge said so, and no short read has disproved it since
        bool hung_up = false;  // no further edge will come: read on to the end
        bool finished = false;  // nothing more can be read
        bool broken = false;  // nothing more can be sent
    };

    static bool over(const end& from, const end& to) { return to.broken || (from.finished && to.unsent.empty()); }

    static void move(end& from, end& to, std::span<char> scratch) {
        while (from.readable && !to.broken && to.unsent.empty()) {
            const ssize_t received = ::recv(from.fd.get(), scratch.data(), scratch.size(), 0);
            if (received < 0 && errno == EINTR) continue;
            if (received <= 0) {
                from.readable = false;
                from.finished = received == 0 || errno != EAGAIN;
                return;
            }
            const std::span<const char> bytes = scratch.first(static_cast<std::size_t>(received));
            // A short read emptied the socket; what arrives later brings a new edge (epoll(7), question 9).
            if (bytes.size() < scratch.size() && !from.hung_up) from.readable = false;
            const std::size_t sent = send_some(to, bytes);
            if (sent < bytes.size()) to.unsent.assign(bytes.begin() + static_cast<std::ptrdiff_t>(sent), bytes.end());
        }
    }

    /// True when nothing is left over.
    static bool flush(end& to) {
        to.unsent.erase(0, send_some(to, to.unsent));
        return to.unsent.empty();
    }

    static std::size_t send_some(end& to, std::span<const char> bytes) {
        const ssize_t sent = ::send(to.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) return static_cast<std::size_t>(sent);
        if (errno != EAGAIN && errno != EINTR) to.broken = true;
        return 0;
    }

    static constexpr std::size_t index(side which) { return static_cast<std::size_t>(which); }

    std::array<end, 2> ends_;
};

}  // namespace pgweir::bench

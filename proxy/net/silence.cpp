#include "net/silence.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>

namespace pgweir::net {
namespace {

/// All descriptors are looked at once in so many steps, so that ten thousand of them do not hold up the worker at once.
constexpr std::size_t steps = 10;
constexpr base::duration step_interval = std::chrono::seconds(1);

/// One lost segment is no silence.
constexpr std::uint8_t unanswered = 2;

}  // namespace

bool peer_is_silent(int fd, base::duration limit) noexcept {
    tcp_info info{};
    socklen_t length = sizeof(info);
    if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return false;
    // A connect in progress has a time limit of its own; for a listening socket the counters mean something else.
    if (info.tcpi_state == TCP_SYN_SENT || info.tcpi_state == TCP_LISTEN) return false;
    // Data that is sent again without an answer since: a peer that lives may have no room for it, but says so each time.
    const bool resending = info.tcpi_unacked > 0 && info.tcpi_retransmits >= unanswered &&
                           info.tcpi_last_ack_recv > info.tcpi_last_data_sent;
    // Probes of a closed window, which a peer that lives answers one by one.
    const bool insisting = resending || info.tcpi_probes >= unanswered;
    return insisting && std::chrono::milliseconds(info.tcpi_last_ack_recv) >= limit;
}

silence_sweep::silence_sweep(reactor& watched, deadline_queue& deadlines, base::duration limit)
    : reactor_(watched), deadlines_(deadlines), limit_(limit), next_(*this, 0) {
    deadlines_.arm(next_, watched.now() + step_interval);
}

void silence_sweep::on_deadline(int /*tag*/, base::time_point now) {
    const std::size_t count = reactor_.slot_count();
    if (position_ >= count) position_ = 0;
    const std::size_t end = std::min(count, position_ + count / steps + 1);
    for (; position_ < end; ++position_) {
        const int fd = reactor_.descriptor_at(position_);
        if (fd >= 0 && peer_is_silent(fd, limit_)) ::shutdown(fd, SHUT_RDWR);
    }
    deadlines_.arm(next_, now + step_interval);
}

}  // namespace pgweir::net

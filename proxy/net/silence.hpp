#pragma once

#include <chrono>
#include <cstddef>

#include "base/time.hpp"
#include "net/deadlines.hpp"
#include "net/reactor.hpp"

namespace pgweir::net {

/// True when the peer's *kernel* has not acknowledged for `limit` what was sent to it again and again: the machine is
/// off or cut off. A peer that lives but does not read is not silent, however long it takes. False for anything but
/// a TCP connection that was made.
bool peer_is_silent(int fd, base::duration limit) noexcept;

/// Ends connections whose peer is silent, so that a powered-off database or client machine cannot hang its other end:
/// the kernel alone would send again for 15 minutes. Their handlers see the end of the stream.
///
/// TCP_USER_TIMEOUT does not do it: Linux also applies it to a peer whose receive window stays closed (tcp_probe_timer),
/// so a COPY or a pipeline into a backend that waits for a lock would be torn off.
class silence_sweep final : deadline_handler {
public:
    /// Longer than a route needs to change or a switch to start again.
    static constexpr base::duration default_limit = std::chrono::seconds(30);

    /// Looks at every descriptor that `watched` watches, each once in ten seconds.
    silence_sweep(reactor& watched, deadline_queue& deadlines, base::duration limit = default_limit);

private:
    void on_deadline(int tag, base::time_point now) override;

    reactor& reactor_;
    deadline_queue& deadlines_;
    base::duration limit_;
    deadline next_;
    std::size_t position_ = 0;
};

}  // namespace pgweir::net

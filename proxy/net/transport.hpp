#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>
#include <utility>

#include "base/bytes.hpp"
#include "base/unique_fd.hpp"

namespace pgweir::net {

enum class io_status : std::uint8_t {
    done,        ///< `bytes` were moved, at least one; a write may have moved fewer than it was given
    want_read,   ///< nothing moved; try again when the descriptor is readable
    want_write,  ///< nothing moved; try again when the descriptor is writable
    closed,      ///< read only: the peer ended its stream in good order
    failed,      ///< `error` says why (reset, timed out, broken pipe); nothing will work any more
};

struct io_result {
    io_status status;
    std::size_t bytes = 0;
    std::error_code error{};
    /// Of a read: the socket held no more at that moment, so unless readiness said `ended` another read is pointless
    /// before the next edge. False when it is not known.
    bool drained = false;
};

/// A non-blocking stream to a client or a server: a descriptor, and one day a TLS session over it. Calls never block
/// and never raise SIGPIPE. Plain sockets need less than this contract says, but who keeps all of it will not notice
/// when TLS comes:
///  - any call may want either direction: a write can want_read (renegotiated keys), a read can want_write. Whoever
///    gets such an answer repeats *that* call, with the same bytes, at that readiness;
///  - plaintext may be buffered here while the descriptor is silent, so no readiness announces it: read until
///    want_read or `drained`, and never lend or hand over a connection while has_buffered_plaintext();
///  - the end of a stream is the peer's close_notify; a bare end of the socket is `failed` (it may be an attack that
///    cuts off the rest), and shutdown_write() sends a close_notify, which may need to wait like any write.
class transport {
public:
    transport() = default;
    explicit transport(base::unique_fd fd) noexcept : fd_(std::move(fd)) {}

    /// `into` must not be empty.
    io_result read(std::span<char> into) noexcept;

    /// As much as the socket takes. Writing nothing is `done` with 0 bytes.
    io_result write(base::bytes_view bytes) noexcept;

    /// Both in this order by one call of the kernel.
    io_result write(base::bytes_view first, base::bytes_view second) noexcept;

    bool has_buffered_plaintext() const noexcept { return false; }

    /// Tells the peer that no more will come; reading goes on. Twice is once.
    void shutdown_write() noexcept;

    /// For reactor::watch(); -1 when there is none.
    int fd() const noexcept { return fd_.get(); }
    bool is_open() const noexcept { return static_cast<bool>(fd_); }

    /// Its registration must be gone by then.
    void close() noexcept { fd_.reset(); }

private:
    base::unique_fd fd_;
    bool is_shut_down_ = false;  ///< for writing
};

}  // namespace pgweir::net

#pragma once

#include <system_error>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "net/address.hpp"

namespace pgweir::net {

/// A connection that is being made: non-blocking, not inherited, with the options of tune_stream(). When it becomes
/// writable, connect_outcome() says what became of it; a time limit is the caller's. An error is one of the kernel's
/// (connection_refused of a unix socket, no network, too many files).
base::result<base::unique_fd> start_connect(const socket_address& where);

/// Empty when the connection stands. Asking takes the error away, so ask once.
std::error_code connect_outcome(int fd) noexcept;

/// What every stream of ours gets, accepted or connected; nothing for a unix socket. No delay of small segments, and
/// keepalive so that an idle peer that is gone is noticed after a minute.
void tune_stream(int fd, const socket_address& peer) noexcept;

}  // namespace pgweir::net

#pragma once

#include <sys/types.h>

#include <optional>

namespace pgweir::net {

/// Who is at the other end of a unix socket: the effective user id of the process that connected it, as it was then.
/// Nothing for other sockets.
std::optional<uid_t> peer_user(int fd) noexcept;

}  // namespace pgweir::net

#include "net/peer_user.hpp"

#include <sys/socket.h>

namespace pgweir::net {

std::optional<uid_t> peer_user(int fd) noexcept {
    int domain = 0;
    socklen_t length = sizeof(domain);
    // Others are answered too, with a user that is nobody's. The process is no sign of it: it is 0 also for a peer in
    // another PID namespace, as outside of a container.
    if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0 || domain != AF_UNIX) return std::nullopt;
    ucred who{};
    length = sizeof(who);
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) != 0) return std::nullopt;
    return who.uid;
}

}  // namespace pgweir::net

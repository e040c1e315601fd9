#include "net/connect.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace pgweir::net {
namespace {

/// Idle peers that are gone, and forgetful firewalls between, are dealt with after idle + probes * interval: a minute.
/// The kernel's default is two hours.
constexpr int keepalive_idle_seconds = 30;
constexpr int keepalive_interval_seconds = 10;
constexpr int keepalive_probes = 3;

/// Only comfort depends on these options, so a kernel that refuses one is no reason to refuse the stream.
void set_option(int fd, int level, int name, int value) noexcept {
    ::setsockopt(fd, level, name, &value, sizeof(value));
}

std::error_code system_error(int number) noexcept {
    return {number, std::system_category()};
}

}  // namespace

base::result<base::unique_fd> start_connect(const socket_address& where) {
    base::unique_fd fd(::socket(where.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return system_error(errno);
    tune_stream(fd.get(), where);
    // Interrupted it goes on in the background like any connect of a non-blocking socket.
    if (::connect(fd.get(), where.native(), where.size()) != 0 && errno != EINPROGRESS && errno != EINTR)
        return system_error(errno);
    return fd;
}

std::error_code connect_outcome(int fd) noexcept {
    int number = 0;
    socklen_t length = sizeof(number);
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &length) != 0) number = errno;
    return number == 0 ? std::error_code{} : system_error(number);
}

void tune_stream(int fd, const socket_address& peer) noexcept {
    if (peer.family() == AF_UNIX) return;
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, keepalive_idle_seconds);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, keepalive_interval_seconds);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, keepalive_probes);
}

}  // namespace pgweir::net

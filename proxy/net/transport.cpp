#include "net/transport.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cassert>
#include <cerrno>

#include "net/fault_points.hpp"

namespace pgweir::net {
namespace {

io_result failure(int number, io_status when_full) noexcept {
    if (number == EAGAIN) return {.status = when_full, .drained = when_full == io_status::want_read};
    return {.status = io_status::failed, .error = std::error_code(number, std::system_category())};
}

/// Repeats a call that a signal interrupted.
template <class Call>
ssize_t uninterrupted(Call call) noexcept {
    while (true) {
        const ssize_t count = call();
        if (count >= 0 || errno != EINTR) return count;
    }
}

/// The kernel's structure serves reading too, so it takes no pointer to const.
iovec vector_of(base::bytes_view bytes) noexcept {
    return {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
}

}  // namespace

io_result transport::read(std::span<char> into) noexcept {
    assert(!into.empty());
    into = into.first(pass(fault_point::transport_read, into.size()));
    const ssize_t count = uninterrupted([&] { return ::recv(fd_.get(), into.data(), into.size(), MSG_DONTWAIT); });
    if (count < 0) return failure(errno, io_status::want_read);
    if (count == 0) return {.status = io_status::closed, .drained = true};
    const auto bytes = static_cast<std::size_t>(count);
    return {.status = io_status::done, .bytes = bytes, .drained = bytes < into.size()};
}

io_result transport::write(base::bytes_view bytes) noexcept {
    if (bytes.empty()) return {.status = io_status::done};
    bytes = bytes.substr(0, pass(fault_point::transport_write, bytes.size()));
    const ssize_t count =
        uninterrupted([&] { return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL); });
    if (count < 0) return failure(errno, io_status::want_write);
    return {.status = io_status::done, .bytes = static_cast<std::size_t>(count)};
}

io_result transport::write(base::bytes_view first, base::bytes_view second) noexcept {
    if (second.empty()) return write(first);
    if (first.empty()) return write(second);
    const std::size_t most = pass(fault_point::transport_write, first.size() + second.size());
    if (most < first.size()) return write(first.substr(0, most));
    second = second.substr(0, most - first.size());
    std::array<iovec, 2> parts{vector_of(first), vector_of(second)};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t count = uninterrupted([&] { return ::sendmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL); });
    if (count < 0) return failure(errno, io_status::want_write);
    return {.status = io_status::done, .bytes = static_cast<std::size_t>(count)};
}

void transport::shutdown_write() noexcept {
    // The kernel reports readiness for each call anew, which would wake up the caller again and again.
    if (std::exchange(is_shut_down_, true)) return;
    ::shutdown(fd_.get(), SHUT_WR);
}

}  // namespace pgweir::net

#include "net/acceptor.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "net/connect.hpp"

namespace pgweir::net {
namespace {

/// Then other work has its turn, however many connect at once.
constexpr int accepts_per_turn = 64;

/// When there is no descriptor or no memory, trying again at once would only burn the processor.
constexpr base::duration retry_after = std::chrono::milliseconds(100);

base::unique_fd open_reserve() noexcept {
    return base::unique_fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

bool nobody_waits(int error) noexcept {
    return error == EAGAIN;  // which is EWOULDBLOCK on Linux
}

bool is_out_of_descriptors(int error) noexcept {
    return error == EMFILE || error == ENFILE;
}

/// accept(2): these belong to the newcomer, who is gone by now, not to the listening socket.
bool concerns_newcomer_only(int error) noexcept {
    switch (error) {
        case EINTR:
        case ECONNABORTED:
        case EPERM:
        case EPROTO:
        case ENETDOWN:
        case ENOPROTOOPT:
        case EHOSTDOWN:
        case ENONET:
        case EHOSTUNREACH:
        case EOPNOTSUPP:
        case ENETUNREACH: return true;
        default: return false;
    }
}

std::vector<listener> open_at(const std::string& address) {
    const auto where = parse_listen_address(address);
    if (!where) throw std::system_error(where.error(), "listen address " + address);
    return open_listeners(*where);
}

}  // namespace

acceptor::acceptor(reactor& host, deadline_queue& deadlines, const std::string& address, callback on_client,
                   refusal_callback on_refused)
    : acceptor(host, deadlines, open_at(address), std::move(on_client), std::move(on_refused)) {}

acceptor::acceptor(reactor& host, deadline_queue& deadlines, std::vector<listener> sockets, callback on_client,
                   refusal_callback on_refused)
    : reactor_(host),
      deadlines_(deadlines),
      on_client_(std::move(on_client)),
      on_refused_(std::move(on_refused)),
      reserve_(open_reserve()),
      self_(std::make_shared<acceptor*>(this)) {
    for (listener& each : sockets) sockets_.push_back({std::move(each), {}});
    for (std::size_t index = 0; index < sockets_.size(); ++index) {
        sockets_[index].watched = reactor_.watch(sockets_[index].listening.fd(), *this, static_cast<int>(index));
        if (!sockets_[index].watched) throw std::system_error(errno, std::system_category(), "epoll_ctl");
    }
    port_ = socket_address::local_of(sockets_.front().listening.fd()).port();
}

acceptor::~acceptor() {
    stop();
}

void acceptor::resume() {
    paused_ = false;
    // The edges of who came meanwhile are gone.
    accept_at_all_later();
}

void acceptor::stop() noexcept {
    for (listening_socket& each : sockets_) {
        each.watched.reset();
        each.listening.close();
    }
}

void acceptor::on_ready(int tag, readiness /*ready*/) {
    accept_some(static_cast<std::size_t>(tag));
}

void acceptor::accept_some(std::size_t index) {
    const listener& from = sockets_[index].listening;
    // The callback may pause or stop us.
    for (int left = accepts_per_turn; !paused_ && from.is_open(); --left) {
        if (left == 0) return accept_later(index);
        sockaddr_storage native{};
        socklen_t length = sizeof(native);
        base::unique_fd client(
            ::accept4(from.fd(), reinterpret_cast<sockaddr*>(&native), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (client) {
            const socket_address peer(reinterpret_cast<const sockaddr*>(&native), length);
            on_client_(std::move(client), peer);
            continue;
        }
        if (!goes_on_after(errno, from.fd())) return;
    }
}

bool acceptor::goes_on_after(int error, int listening) {
    if (nobody_waits(error)) return false;
    if (concerns_newcomer_only(error)) return true;
    if (is_out_of_descriptors(error)) {
        // Linux says so before it looks whether anybody waits.
        switch (refuse_one(listening)) {
            case refusal::refused: return true;
            case refusal::nobody_waits: return false;
            case refusal::no_room: break;
        }
    }
    retry_later();
    return false;
}

acceptor::refusal acceptor::refuse_one(int listening) {
    reserve_.reset();
    base::unique_fd newcomer(::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC));
    const int error = newcomer ? 0 : errno;
    const bool refused = static_cast<bool>(newcomer);
    newcomer.reset();
    // Another thread may have taken the place.
    reserve_ = open_reserve();
    if (refused) {
        ++refused_for_descriptors_;
        if (on_refused_) on_refused_();
        return refusal::refused;
    }
    return is_out_of_descriptors(error) ? refusal::no_room : refusal::nobody_waits;
}

void acceptor::accept_later(std::size_t index) {
    reactor_.post([self = std::weak_ptr(self_), index] {
        if (const auto alive = self.lock()) (*alive)->accept_some(index);
    });
}

void acceptor::retry_later() {
    if (!retry_.is_armed()) deadlines_.arm(retry_, reactor_.now() + retry_after);
}

void acceptor::on_deadline(int /*tag*/, base::time_point /*now*/) {
    accept_at_all_later();
}

void acceptor::accept_at_all_later() {
    for (std::size_t index = 0; index < sockets_.size(); ++index) accept_later(index);
}

}  // namespace pgweir::net

#pragma once

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

#include "base/unique_fd.hpp"

namespace pgweir::bench {

/// Told when a registered descriptor may have become readable or writable.
class watcher {
public:
    virtual void on_ready(std::uint32_t events) = 0;

protected:
    ~watcher() = default;
};

/// An epoll descriptor whose members are registered once, edge-triggered, for everything they may need. So a wait costs
/// no epoll_ctl, and in return whoever is told must drain the socket, or remember that it did not.
class epoll_set {
public:
    epoll_set() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
        if (!fd_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    }

    int fd() const noexcept { return fd_.get(); }

    /// `target` must outlive its registration: remove() it before it goes, and before its descriptor is closed.
    void add(int fd, watcher& target) {
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
        event.data.ptr = &target;
        if (::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
            throw std::system_error(errno, std::generic_category(), "epoll_ctl");
        }
    }

    /// Also withdraws what the running dispatch has not delivered yet: a session that ends on one socket's event
    /// must not be called for its other socket's event of the same batch.
    void remove(int fd, watcher& target) noexcept {
        ::epoll_ctl(fd_.get(), EPOLL_CTL_DEL, fd, nullptr);
        for (epoll_event& event : undelivered_) {
            if (event.data.ptr == &target) event.data.ptr = nullptr;
        }
    }

    /// Waits up to `timeout` milliseconds (-1: for ever), calls each ready watcher, returns how many events there were.
    std::size_t dispatch(int timeout) {
        const int count = ::epoll_wait(fd_.get(), events_.data(), static_cast<int>(events_.size()), timeout);
        if (count <= 0) return 0;
        undelivered_ = std::span(events_.data(), static_cast<std::size_t>(count));
        while (!undelivered_.empty()) {
            const epoll_event event = undelivered_.front();
            undelivered_ = undelivered_.subspan(1);
            if (event.data.ptr != nullptr) static_cast<watcher*>(event.data.ptr)->on_ready(event.events);
        }
        return static_cast<std::size_t>(count);
    }

private:
    base::unique_fd fd_;
    std::array<epoll_event, 128> events_{};
    std::span<epoll_event> undelivered_;
};

}  // namespace pgweir::bench

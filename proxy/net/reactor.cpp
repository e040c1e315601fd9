#include "net/reactor.hpp"

#include <sys/epoll.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <system_error>

#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

namespace pgweir::net {
namespace {

/// Bounds how long Asio's own work (timers, posted messages) waits for busy sockets.
constexpr int rounds_per_tick = 8;
constexpr std::size_t events_per_round = 128;

constexpr unsigned generation_shift = 32;

base::unique_fd new_epoll() {
    base::unique_fd fd(::epoll_create1(EPOLL_CLOEXEC));
    if (!fd) throw std::system_error(errno, std::system_category(), "epoll_create1");
    return fd;
}

readiness readiness_of(std::uint32_t events) noexcept {
    const auto any = [events](std::uint32_t mask) { return (events & mask) != 0; };
    return {.readable = any(EPOLLIN | EPOLLRDHUP),
            .writable = any(EPOLLOUT),
            .hung_up = any(EPOLLHUP | EPOLLERR),
            .ended = any(EPOLLRDHUP | EPOLLHUP | EPOLLERR)};
}

/// Single writer: a plain load and store is enough, and cheaper than a locked add.
void add(std::atomic<std::uint64_t>& counter, std::uint64_t more) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
}

}  // namespace

registration& registration::operator=(registration&& other) noexcept {
    if (this != &other) {
        reset();
        reactor_ = std::exchange(other.reactor_, nullptr);
        slot_ = other.slot_;
    }
    return *this;
}

void registration::reset() noexcept {
    if (reactor* owner = std::exchange(reactor_, nullptr)) owner->release(slot_);
}

reactor::reactor(boost::asio::io_context& context)
    : context_(context),
      epoll_(new_epoll()),
      host_(context, epoll_.get()),
      scratch_(new char[scratch_size]),
      now_(base::clock::now()) {
    wait();
}

reactor::~reactor() {
    // The descriptor is ours to close, not Asio's.
    host_.release();
}

registration reactor::watch(int fd, event_handler& handler, int tag) {
    if (free_slots_.empty()) {
        slots_.emplace_back();
        free_slots_.reserve(slots_.capacity());
        free_slots_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
    }
    const std::uint32_t index = free_slots_.back();
    slot& entry = slots_[index];

    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = (std::uint64_t{entry.generation} << generation_shift) | index;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        throw std::system_error(errno, std::system_category(), "epoll_ctl");

    free_slots_.pop_back();
    entry.handler = &handler;
    entry.tag = tag;
    entry.fd = fd;
    return {*this, index};
}

void reactor::release(std::uint32_t index) noexcept {
    slot& entry = slots_[index];
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, entry.fd, nullptr);
    entry.handler = nullptr;
    entry.fd = -1;
    ++entry.generation;
    free_slots_.push_back(index);  // does not allocate: watch() reserved a place for every slot
}

void reactor::defer(deferred& work) {
    if (work.linked()) return;
    if (!in_tick_ && deferred_.empty()) post([] {});
    deferred_.push_back(work);
}

void reactor::post(std::function<void()> work) {
    boost::asio::post(context_, [this, work = std::move(work)] { run_tick(work); });
}

void reactor::wait() {
    host_.async_wait(boost::asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
        if (error) return;
        run_tick([this] { dispatch_rounds(); });
        // Asks the kernel anew, so that what is ready after the last round is reported at once.
        wait();
    });
}

void reactor::dispatch_rounds() {
    // A round that was not full has seen all there was; what came since, wait() is told of without asking twice.
    for (int round = 0; round < rounds_per_tick; ++round) {
        const std::size_t events = dispatch();
        run_deferred();
        if (events < events_per_round) return;
    }
}

std::size_t reactor::dispatch() {
    std::array<epoll_event, events_per_round> events;
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
    if (count <= 0) return 0;
    for (const epoll_event& event : std::span(events).first(static_cast<std::size_t>(count)))
        deliver(event.data.u64, event.events);
    return static_cast<std::size_t>(count);
}

void reactor::deliver(std::uint64_t key, std::uint32_t events) {
    const slot& entry = slots_[static_cast<std::uint32_t>(key)];
    // An earlier event of this batch may have ended this registration, and the slot may serve another one by now.
    if (entry.handler == nullptr || entry.generation != key >> generation_shift) return;
    entry.handler->on_ready(entry.tag, readiness_of(events));
}

void reactor::run_deferred() {
    while (deferred* work = deferred_.front()) {
        work->unlink();
        work->run();
    }
}

void reactor::begin_tick() noexcept {
    assert(!in_tick_);
    in_tick_ = true;
    now_ = base::clock::now();
}

void reactor::end_tick() {
    run_deferred();
    in_tick_ = false;
    const base::duration spent = base::clock::now() - now_;
    add(busy_nanoseconds_, static_cast<std::uint64_t>(spent.count()));
    add(ticks_, 1);
}

}  // namespace pgweir::net

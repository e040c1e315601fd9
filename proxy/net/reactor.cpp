#include "net/reactor.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <system_error>

namespace pgweir::net {
namespace {

/// Then posted work and the alarm have their turn.
constexpr std::size_t events_per_tick = 128;

constexpr unsigned generation_shift = 32;

/// No slot has this index.
constexpr std::uint64_t waker_key = ~std::uint64_t{0};

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
    if (reactor* owner = std::exchange(reactor_, nullptr)) owner->unwatch(slot_);
}

void registration::reset_before_close() noexcept {
    if (reactor* owner = std::exchange(reactor_, nullptr)) owner->release(slot_);
}

reactor::reactor()
    : epoll_(new_epoll()),
      waker_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      scratch_(new char[scratch_size]),
      now_(base::clock::now()),
      looked_at_(now_) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = waker_key;
    if (!waker_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, waker_.get(), &event) != 0)
        throw std::system_error(errno, std::system_category(), "eventfd");
}

reactor::~reactor() {
    // It may hold registrations with this reactor.
    posted_.clear();
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
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return {};

    free_slots_.pop_back();
    entry.handler = &handler;
    entry.tag = tag;
    entry.fd = fd;
    return {*this, index};
}

void reactor::unwatch(std::uint32_t index) noexcept {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, slots_[index].fd, nullptr);
    release(index);
}

void reactor::release(std::uint32_t index) noexcept {
    slot& entry = slots_[index];
    entry.handler = nullptr;
    entry.fd = -1;
    ++entry.generation;
    free_slots_.push_back(index);  // does not allocate: watch() reserved a place for every slot
}

void reactor::defer(deferred& work) {
    if (!work.linked()) deferred_.push_back(work);
}

void reactor::post(std::function<void()> work) {
    bool first = false;
    {
        const std::lock_guard lock(posted_mutex_);
        first = posted_.empty();
        posted_.push_back(std::move(work));
    }
    if (first) wake();
}

void reactor::stop() noexcept {
    stopping_.store(true, std::memory_order_relaxed);
    wake();
}

void reactor::wake() noexcept {
    const std::uint64_t one = 1;
    // Fails only when nobody has waited for 2^64 wakes.
    static_cast<void>(!::write(waker_.get(), &one, sizeof(one)));
}

void reactor::wake_at(base::time_point when, alarm& whom) noexcept {
    wake_at_ = when;
    alarm_ = &whom;
}

void reactor::run() {
    looked_at_ = base::clock::now();
    while (!stopping_.load(std::memory_order_relaxed)) turn(base::duration::max());
}

bool reactor::run_once(base::duration at_most) {
    looked_at_ = base::clock::now();
    return turn(at_most);
}

template <class Work>
void reactor::run_tick(Work&& work) {
    begin_tick();
    std::forward<Work>(work)();
    end_tick();
}

// In milliseconds, rounded up so that the alarm is not early; -1 for ever.
int reactor::patience(base::duration at_most) const noexcept {
    if (!deferred_.empty()) return 0;
    const base::duration left =
        std::min(at_most, wake_at_ == base::never ? base::duration::max() : wake_at_ - looked_at_);
    if (left == base::duration::max()) return -1;
    constexpr auto longest = std::chrono::milliseconds(std::chrono::hours(1));
    const auto bounded = std::clamp<base::duration>(left, base::duration::zero(), longest);
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(bounded).count());
}

bool reactor::turn(base::duration at_most) {
    std::array<epoll_event, events_per_tick> events;
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience(at_most));
    const auto arrived = std::span(events).first(static_cast<std::size_t>(std::max(count, 0)));
    if (arrived.empty()) looked_at_ = base::clock::now();
    const bool deferred_before = !deferred_.empty();
    if (!arrived.empty() || deferred_before) {
        run_tick([&] {
            for (const epoll_event& event : arrived) deliver(event.data.u64, event.events);
        });
    }
    const bool posted = run_posted();
    const bool rang = ring();
    return !arrived.empty() || deferred_before || posted || rang;
}

bool reactor::run_posted() {
    if (!std::exchange(woken_, false)) return false;
    std::vector<std::function<void()>> due;
    {
        const std::lock_guard lock(posted_mutex_);
        due.swap(posted_);
    }
    for (const auto& work : due) run_tick(work);
    return !due.empty();
}

bool reactor::ring() {
    if (looked_at_ < wake_at_) return false;
    wake_at_ = base::never;
    run_tick([this] { alarm_->on_alarm(); });
    return true;
}

void reactor::deliver(std::uint64_t key, std::uint32_t events) {
    if (key == waker_key) {
        woken_ = true;
        return;
    }
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
    looked_at_ = base::clock::now();
    const base::duration spent = looked_at_ - now_;
    add(busy_nanoseconds_, static_cast<std::uint64_t>(spent.count()));
    add(ticks_, 1);
}

}  // namespace pgweir::net

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/intrusive_list.hpp"
#include "base/time.hpp"
#include "base/unique_fd.hpp"

namespace pgweir::net {

/// Which edges arrived. Each is told once: what one does not use up now (reads until nothing is left, writes until
/// the socket is full) one must remember, because it is not told again.
struct readiness {
    bool readable;  ///< bytes, or the end of the stream
    bool writable;
    bool hung_up;  ///< the connection broke: the next read or write gives the reason
    /// The peer will send no more. The end stands behind the bytes that came with it, so a reader must not take
    /// io_result::drained for the end of its work: it reads until `closed`.
    bool ended = false;
};

/// Told when a watched descriptor may have become ready. Must not throw. May destroy any registration, its own too,
/// and itself.
class event_handler {
public:
    /// `tag` is what watch() was given, so that one object can own several descriptors.
    virtual void on_ready(int tag, readiness ready) = 0;

protected:
    ~event_handler() = default;
};

class reactor;

/// Keeps a descriptor watched. Destroy it before the descriptor is closed and before the reactor, on the reactor's
/// thread. After that its handler is not called, not even for what was already on its way.
class registration {
public:
    registration() = default;
    registration(registration&& other) noexcept
        : reactor_(std::exchange(other.reactor_, nullptr)), slot_(other.slot_) {}
    registration& operator=(registration&& other) noexcept;
    registration(const registration&) = delete;
    registration& operator=(const registration&) = delete;
    ~registration() { reset(); }

    explicit operator bool() const noexcept { return reactor_ != nullptr; }
    void reset() noexcept;
    /// As reset(), of a descriptor that is closed next and of which no duplicate is open: then the kernel takes it out
    /// of the set by itself, which saves a system call.
    void reset_before_close() noexcept;

private:
    friend class reactor;
    registration(reactor& owner, std::uint32_t slot) noexcept : reactor_(&owner), slot_(slot) {}

    reactor* reactor_ = nullptr;
    std::uint32_t slot_ = 0;
};

struct deferred_tag;

/// Work that is better done once at the end of a tick than at each event of it, such as one write for many messages.
/// Destroying it withdraws it.
class deferred : public base::list_link<deferred_tag> {
public:
    /// Must not throw. May defer itself or others again: they run in the same tick, so work that always defers itself
    /// stops the worker.
    virtual void run() = 0;

protected:
    ~deferred() = default;
};

/// Told when the time has come that reactor::wake_at() was given.
class alarm {
public:
    /// In a tick of its own. Must not throw.
    virtual void on_alarm() = 0;

protected:
    ~alarm() = default;
};

/// A worker's loop over an epoll set whose members are registered once and edge-triggered. So a wait for one more
/// message costs no epoll_ctl and no failing recv, and a turn of the loop one system call.
///
/// A tick is: up to 128 events, or one posted piece of work, or the alarm; then all deferred work. Belongs to the
/// thread that runs it, except where it says otherwise. Must not run any more when it is destroyed.
class reactor {
public:
    /// Throws std::system_error when there is no descriptor left.
    reactor();
    reactor(const reactor&) = delete;
    reactor& operator=(const reactor&) = delete;
    ~reactor();

    /// Until stop().
    void run();

    /// One turn of the loop, which waits at most so long for something to do. True when there was something.
    bool run_once(base::duration at_most);

    /// run() returns after its current turn; what was posted and did not run is destroyed with the reactor. Any thread.
    void stop() noexcept;

    /// What is ready already is reported in the next tick. `handler` must outlive the registration. Empty, with errno
    /// set, when the kernel refuses (fs.epoll.max_user_watches, no memory).
    [[nodiscard]] registration watch(int fd, event_handler& handler, int tag);

    /// Runs `work` at the end of the current tick, or of one that follows at once. Twice is once.
    void defer(deferred& work);

    /// Read once for each tick.
    base::time_point now() const noexcept { return now_; }

    /// 64 KiB that everything on this worker shares: valid inside one call of a handler.
    std::span<char> scratch() noexcept { return {scratch_.get(), scratch_size}; }

    /// Runs `work` on the reactor's thread as a tick of its own. Any thread may call it.
    void post(std::function<void()> work);

    /// `whom` is told once when it is `when`, never early and at most 1 ms late unless the worker is busy. There is one
    /// alarm: this takes the place of what was set before. base::never: none.
    void wake_at(base::time_point when, alarm& whom) noexcept;

    /// Time spent inside ticks since the start; against the time that passed it is the worker's utilisation. Any
    /// thread may ask.
    std::uint64_t busy_nanoseconds() const noexcept { return busy_nanoseconds_.load(std::memory_order_relaxed); }

    /// A worker that is stuck does not count on, not even after a post(). Any thread may ask.
    std::uint64_t ticks() const noexcept { return ticks_.load(std::memory_order_relaxed); }

    /// The watched descriptors are at indexes below this one; -1 where an index is free.
    std::size_t slot_count() const noexcept { return slots_.size(); }
    int descriptor_at(std::size_t index) const noexcept { return slots_[index].fd; }

    static constexpr std::size_t scratch_size = std::size_t{64} * 1024;

private:
    friend class registration;

    struct slot {
        event_handler* handler = nullptr;
        int tag = 0;
        int fd = -1;
        /// Counts the slot's users. An event carries the generation it was meant for.
        std::uint32_t generation = 0;
    };

    template <class Work>
    void run_tick(Work&& work);
    int patience(base::duration at_most) const noexcept;
    bool turn(base::duration at_most);
    bool run_posted();
    bool ring();
    void wake() noexcept;
    void deliver(std::uint64_t key, std::uint32_t events);
    void run_deferred();
    void unwatch(std::uint32_t index) noexcept;
    void release(std::uint32_t index) noexcept;
    void begin_tick() noexcept;
    void end_tick();

    base::unique_fd epoll_;
    base::unique_fd waker_;  ///< an eventfd in the set; each write to it is an edge, so nobody has to read it
    std::mutex posted_mutex_;
    std::vector<std::function<void()>> posted_;
    std::atomic<bool> stopping_{false};
    bool woken_ = false;  ///< something was posted since posted_ was emptied
    alarm* alarm_ = nullptr;
    base::time_point wake_at_ = base::never;
    std::vector<slot> slots_;
    std::vector<std::uint32_t> free_slots_;
    base::intrusive_list<deferred, deferred_tag> deferred_;
    std::unique_ptr<char[]> scratch_;
    base::time_point now_;
    base::time_point looked_at_;  ///< when the clock was read last: at the end of the tick
    bool in_tick_ = false;
    std::atomic<std::uint64_t> busy_nanoseconds_{0};
    std::atomic<std::uint64_t> ticks_{0};
};

}  // namespace pgweir::net

#pragma once

#include <cstddef>
#include <vector>

#include "base/time.hpp"

namespace pgweir::net {

class deadline_handler {
public:
    /// `tag` is what the deadline was made with, `now` the time of the tick. The deadline is off by then. Must not
    /// throw. May arm, clear and destroy any deadline, its own too, and itself.
    virtual void on_deadline(int tag, base::time_point now) = 0;

protected:
    ~deadline_handler() = default;
};

class deadline_heap;

/// A point in time at which its handler wants to be called; off until a queue arms it. A member of the object it is
/// for: arming allocates nothing per deadline, and destroying it takes it out of the queue.
class deadline {
public:
    deadline(deadline_handler& handler, int tag) noexcept : handler_(&handler), tag_(tag) {}
    deadline(const deadline&) = delete;
    deadline& operator=(const deadline&) = delete;
    ~deadline() { detach(); }

    /// base::never when it is off.
    base::time_point when() const noexcept { return when_; }
    bool is_armed() const noexcept { return when_ != base::never; }

    /// Costs one store.
    void clear() noexcept { when_ = base::never; }

    /// Clears it and takes it out of its queue, where a cleared one may still stand: before its owner moves to another
    /// worker.
    void detach() noexcept;

    /// Calls the handler.
    void expire(base::time_point now) { handler_->on_deadline(tag_, now); }

private:
    friend class deadline_heap;

    base::time_point when_ = base::never;
    deadline_heap* heap_ = nullptr;
    std::size_t position_ = 0;
    deadline_handler* handler_;
    int tag_;
};

/// Deadlines by time, made for deadlines that are moved far more often than they are reached: at each message of a
/// client, say. Moving one later or clearing it leaves its entry where it is; the entry is filed again when its old
/// time comes. Only moving one before its entry's time costs O(log n).
class deadline_heap {
public:
    deadline_heap() = default;
    deadline_heap(const deadline_heap&) = delete;
    deadline_heap& operator=(const deadline_heap&) = delete;
    /// Switches off what is still armed.
    ~deadline_heap();

    /// base::never clears. Requires that it does not stand in another heap.
    void arm(deadline& which, base::time_point when);

    /// When to look again: no deadline is due before. base::never when there is none.
    base::time_point nearest() const noexcept { return entries_.empty() ? base::never : entries_.front().key; }

    /// Takes out one that is due at `now`, the earliest first, and switches it off. nullptr when no more is due.
    deadline* pop_due(base::time_point now) noexcept;

    /// Entries, of cleared deadlines too.
    std::size_t size() const noexcept { return entries_.size(); }

private:
    friend class deadline;

    struct entry {
        base::time_point key;
        deadline* owner;
    };

    void place(std::size_t position, entry what) noexcept;
    void sift_up(std::size_t position, entry what) noexcept;
    void sift_down(std::size_t position, entry what) noexcept;
    void remove(deadline& which) noexcept;

    std::vector<entry> entries_;
};

}  // namespace pgweir::net

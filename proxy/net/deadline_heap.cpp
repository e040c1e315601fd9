#include "net/deadline_heap.hpp"

#include <cassert>

namespace pgweir::net {

void deadline::detach() noexcept {
    clear();
    if (heap_ != nullptr) heap_->remove(*this);
}

deadline_heap::~deadline_heap() {
    for (const entry& each : entries_) {
        each.owner->when_ = base::never;
        each.owner->heap_ = nullptr;
    }
}

void deadline_heap::arm(deadline& which, base::time_point when) {
    assert(which.heap_ == nullptr || which.heap_ == this);
    if (which.heap_ == nullptr) {
        if (when == base::never) return;
        entries_.push_back({when, &which});
        which.heap_ = this;
        sift_up(entries_.size() - 1, {when, &which});
    } else if (when < entries_[which.position_].key) {
        sift_up(which.position_, {when, &which});
    }
    which.when_ = when;
}

deadline* deadline_heap::pop_due(base::time_point now) noexcept {
    while (!entries_.empty() && entries_.front().key <= now) {
        deadline& first = *entries_.front().owner;
        if (first.when_ == base::never) {
            remove(first);
        } else if (first.when_ > entries_.front().key) {
            // Also when it is due too: another one may have to come first.
            sift_down(0, {first.when_, &first});
        } else {
            remove(first);
            first.when_ = base::never;
            return &first;
        }
    }
    return nullptr;
}

void deadline_heap::place(std::size_t position, entry what) noexcept {
    entries_[position] = what;
    what.owner->position_ = position;
}

void deadline_heap::sift_up(std::size_t position, entry what) noexcept {
    while (position > 0) {
        const std::size_t parent = (position - 1) / 2;
        if (entries_[parent].key <= what.key) break;
        place(position, entries_[parent]);
        position = parent;
    }
    place(position, what);
}

void deadline_heap::sift_down(std::size_t position, entry what) noexcept {
    while (true) {
        std::size_t child = 2 * position + 1;
        if (child >= entries_.size()) break;
        if (child + 1 < entries_.size() && entries_[child + 1].key < entries_[child].key) ++child;
        if (what.key <= entries_[child].key) break;
        place(position, entries_[child]);
        position = child;
    }
    place(position, what);
}

void deadline_heap::remove(deadline& which) noexcept {
    const std::size_t hole = which.position_;
    which.heap_ = nullptr;
    const entry last = entries_.back();
    entries_.pop_back();
    if (hole == entries_.size()) return;
    if (hole > 0 && last.key < entries_[(hole - 1) / 2].key)
        sift_up(hole, last);
    else
        sift_down(hole, last);
}

}  // namespace pgweir::net

#pragma once

#include <cassert>
#include <cstddef>

namespace pgweir::base {

/// A place in an intrusive_list. An object that may stand in several lists has one link, with its own tag, for
/// each. Destroying a linked object unlinks it, so that a queue can never hold a dangling entry.
template <class Tag>
class list_link {
public:
    list_link() = default;
    list_link(const list_link&) = delete;
    list_link& operator=(const list_link&) = delete;
    ~list_link() { unlink(); }

    bool linked() const noexcept { return next_ != nullptr; }

    void unlink() noexcept {
        if (!linked()) return;
        next_->previous_ = previous_;
        previous_->next_ = next_;
        next_ = previous_ = nullptr;
        --*size_;
    }

private:
    template <class, class>
    friend class intrusive_list;

    list_link* next_ = nullptr;
    list_link* previous_ = nullptr;
    std::size_t* size_ = nullptr;
};

/// A doubly linked list of objects it does not own; T derives from list_link<Tag>. O(1) everywhere, no allocation.
template <class T, class Tag>
class intrusive_list {
    using link = list_link<Tag>;

public:
    intrusive_list() noexcept { head_.next_ = head_.previous_ = &head_; }
    intrusive_list(const intrusive_list&) = delete;
    intrusive_list& operator=(const intrusive_list&) = delete;
    ~intrusive_list() {
        while (!empty()) head_.next_->unlink();
        head_.next_ = head_.previous_ = nullptr;
    }

    bool empty() const noexcept { return head_.next_ == &head_; }
    std::size_t size() const noexcept { return size_; }

    /// nullptr when empty.
    T* front() const noexcept { return empty() ? nullptr : static_cast<T*>(head_.next_); }
    T* back() const noexcept { return empty() ? nullptr : static_cast<T*>(head_.previous_); }

    /// The entry behind this one, or nullptr.
    T* next(const T& entry) const noexcept {
        const link& here = entry;
        return here.next_ == &head_ ? nullptr : static_cast<T*>(here.next_);
    }

    void push_back(T& entry) noexcept { insert_before(head_, entry); }
    void push_front(T& entry) noexcept {
        link& moved = entry;
        moved.unlink();  // it may be the front already
        assert(head_.next_ != nullptr);
        insert_before(*head_.next_, entry);
    }

private:
    void insert_before(link& place, link& entry) noexcept {
        entry.unlink();
        entry.next_ = &place;
        entry.previous_ = place.previous_;
        place.previous_->next_ = &entry;
        place.previous_ = &entry;
        entry.size_ = &size_;
        ++size_;
    }

    link head_;
    std::size_t size_ = 0;
};

}  // namespace pgweir::base

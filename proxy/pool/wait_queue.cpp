#include "pool/wait_queue.hpp"

#include <vector>

namespace pgweir::pool {

void wait_queue::stamp(waiter& who, base::time_point now, base::time_point deadline) noexcept {
    who.since_ = now;
    who.deadline_ = deadline;
    who.ticket_ = ++tickets_;
}

void wait_queue::push_again(waiter& who) {
    list& queue = of(who.worker_);
    std::vector<waiter*> older;  // nearly always empty: those who took their turn again before this one
    while (waiter* first = queue.front()) {
        if (first->ticket_ > who.ticket_) break;
        older.push_back(first);
        first->unlink();
    }
    queue.push_front(who);
    for (auto each = older.rbegin(); each != older.rend(); ++each) queue.push_front(**each);
}

waiter* wait_queue::oldest() const noexcept {
    waiter* found = nullptr;
    for (const list& queue : lists_) {
        waiter* first = queue.front();
        if (first != nullptr && (found == nullptr || first->ticket_ < found->ticket_)) found = first;
    }
    return found;
}

waiter* wait_queue::pop_for(std::uint32_t worker) noexcept {
    waiter* found = oldest();
    if (found == nullptr) return nullptr;
    if (worker < lists_.size()) {
        waiter* own = lists_[worker].front();
        if (own != nullptr && own->since_ - found->since_ <= overtake_limit) found = own;
    }
    found->unlink();
    return found;
}

waiter* wait_queue::pop() noexcept {
    waiter* found = oldest();
    if (found != nullptr) found->unlink();
    return found;
}

std::size_t wait_queue::size() const noexcept {
    std::size_t sum = 0;
    for (const list& queue : lists_) sum += queue.size();
    return sum;
}

wait_queue::list& wait_queue::of(std::uint32_t worker) {
    while (lists_.size() <= worker) lists_.emplace_back();
    return lists_[worker];
}

}  // namespace pgweir::pool

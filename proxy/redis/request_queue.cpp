#include "redis/request_queue.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace pgweir::redis {

void request_queue::push(waiting_request what) {
    if (size_ == ring_.size()) {
        std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(head_), ring_.end());
        head_ = 0;
        constexpr std::size_t first_size = 16;
        ring_.resize(std::max(first_size, ring_.size() * 2));
    }
    bytes_ += what.bytes;
    ring_[(head_ + size_++) & (ring_.size() - 1)] = std::move(what);
}

waiting_request request_queue::pop() {
    assert(!empty());
    waiting_request taken = std::move(ring_[head_]);
    ring_[head_].done = nullptr;
    head_ = (head_ + 1) & (ring_.size() - 1);
    --size_;
    bytes_ -= taken.bytes;
    return taken;
}

}  // namespace pgweir::redis

#include "session/pending_request.hpp"

#include <cassert>
#include <utility>

namespace pgweir::session {

pending_request& request_queue::push(request_kind kind) {
    if (size_ == ring_.size()) grow();
    pending_request& entry = ring_[index(size_)];
    ++size_;
    entry.kind = kind;
    return entry;
}

void request_queue::pop_front() noexcept {
    assert(size_ > 0);
    if (ring_[head_].uncertain) --uncertain_;
    ring_[head_] = pending_request{};
    head_ = (head_ + 1) & (ring_.size() - 1);
    --size_;
    if (size_ == 0 && ring_.size() > kept_entries) {
        std::vector<pending_request>().swap(ring_);
        head_ = 0;
    }
}

void request_queue::attach(pending_request& request, std::unique_ptr<request_detail> detail) noexcept {
    request.detail = std::move(detail);
    const request_detail& kept = *request.detail;
    request.uncertain =
        kept.statement_change != request_detail::change::none || kept.server_added || kept.server_removed;
    if (request.uncertain) ++uncertain_;
}

void request_queue::grow() {
    constexpr std::size_t first_size = 4;
    std::vector<pending_request> wider(ring_.empty() ? first_size : ring_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i) wider[i] = std::move(at(i));
    ring_ = std::move(wider);
    head_ = 0;
}

}  // namespace pgweir::session

#include "pool/idle_stack.hpp"

#include <algorithm>
#include <utility>

namespace pgweir::pool {

void idle_stack::push(std::unique_ptr<member> server) {
    expiry_floor_ = members_.empty() ? server->expires() : std::min(expiry_floor_, server->expires());
    members_.push_back(std::move(server));
}

std::unique_ptr<member> idle_stack::take_for(const void* state_key, std::uint32_t worker) {
    if (members_.empty()) return nullptr;
    std::size_t best = members_.size() - 1;
    int best_score = -1;
    const std::size_t last = members_.size() - std::min(members_.size(), reach);
    for (std::size_t i = members_.size(); i-- > last;) {
        const int score = (members_[i]->state_key() == state_key ? 2 : 0) + (members_[i]->worker() == worker ? 1 : 0);
        if (score > best_score) {
            best = i;
            best_score = score;
        }
        if (score == 3) break;
    }
    return take_at(best);
}

std::unique_ptr<member> idle_stack::take_longest_idle() {
    return members_.empty() ? nullptr : take_at(0);
}

std::unique_ptr<member> idle_stack::take(std::uint64_t id) {
    const auto found = std::find_if(members_.begin(), members_.end(), [id](const auto& m) { return m->id() == id; });
    if (found == members_.end()) return nullptr;
    return take_at(static_cast<std::size_t>(found - members_.begin()));
}

const member* idle_stack::first_to_expire() const noexcept {
    const auto first = std::min_element(members_.begin(), members_.end(),
                                        [](const auto& a, const auto& b) { return a->expires() < b->expires(); });
    return first == members_.end() ? nullptr : first->get();
}

void idle_stack::recompute_expiry_floor() noexcept {
    const member* first = first_to_expire();
    expiry_floor_ = first == nullptr ? base::never : first->expires();
}

std::vector<std::unique_ptr<member>> idle_stack::take_all() {
    return std::exchange(members_, {});
}

std::unique_ptr<member> idle_stack::take_at(std::size_t index) {
    auto server = std::move(members_[index]);
    members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(index));
    return server;
}

}  // namespace pgweir::pool

#include "cache/flights.hpp"

#include <utility>

namespace pgweir::cache {

const flights::flight* flights::find(std::string_view key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : found->second;
}

flights::flight_id flights::begin(std::string_view key, std::vector<dependency> depends_on, moment now) {
    auto made = std::make_unique<flight>(flight{++last_, std::string(key), std::move(depends_on), now});
    by_key_.emplace(made->key, made.get());
    by_id_.emplace(last_, std::move(made));
    return last_;
}

void flights::supersede(std::string_view key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return;
    found->second->superseded = true;
    by_key_.erase(found);
}

std::unique_ptr<flights::flight> flights::end(flight_id which, std::vector<client_id>& waiters) {
    const auto found = by_id_.find(which);
    if (found == by_id_.end()) return nullptr;
    auto ended = std::move(found->second);
    if (!ended->superseded) by_key_.erase(ended->key);
    by_id_.erase(found);
    std::erase_if(waits_, [&](const auto& each) {
        if (each.second != which) return false;
        waiters.push_back(each.first);
        return true;
    });
    return ended;
}

void flights::end_all(std::vector<client_id>& waiters) {
    by_key_.clear();
    by_id_.clear();
    for (const auto& [who, of] : waits_) waiters.push_back(who);
    waits_.clear();
}

}  // namespace pgweir::cache

#include "redis/lookup_batch.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "redis/error.hpp"

namespace pgweir::redis {

void lookup_batch::fetch(std::span<const std::string_view> keys, callback done) {
    assert(!keys.empty());
    if (!gathering_) gathering_ = take_spare();
    for (const std::string_view key : keys) gathering_->wanted.push_back(gathering_->keys.add(key));
    gathering_->lookups.push_back({.keys = keys.size(), .done = std::move(done)});
    counters_.lookups.add();
    counters_.keys.add(keys.size());
    reactor_.defer(*this);
}

void lookup_batch::run() {
    flight& leaving = *gathering_;
    in_flight_.push_back(std::move(gathering_));
    counters_.batches.add();
    counters_.asked_keys.add(leaving.keys.size());
    words_.assign(1, "MGET");
    for (std::size_t index = 0; index < leaving.keys.size(); ++index) words_.push_back(leaving.keys[index]);
    store_.send(metrics::store_op::get, words_, [this, &leaving](const answer& told) { answered(leaving, told); });
}

void lookup_batch::answered(flight& which, const answer& told) {
    tell(which, read_values(which, told));
    const auto place =
        std::find_if(in_flight_.begin(), in_flight_.end(), [&which](const auto& each) { return each.get() == &which; });
    which.keys.clear();
    which.wanted.clear();
    which.lookups.clear();
    spare_.push_back(std::move(*place));
    in_flight_.erase(place);
}

std::error_code lookup_batch::read_values(const flight& which, const answer& told) {
    found_.clear();
    if (!told) return told.error();
    if (told->is_error()) return error_code::command_refused;
    for (const reply each : *told) {
        if (each.type() == reply_type::string)
            found_.emplace_back(each.text());
        else if (each.is_nil())
            found_.emplace_back();
    }
    if (told->size() == which.keys.size() && found_.size() == which.keys.size()) return {};
    store_.give_up(error_code::bad_reply);
    return error_code::bad_reply;
}

void lookup_batch::tell(flight& which, std::error_code failure) {
    std::size_t at = 0;
    for (const lookup& each : which.lookups) {
        if (failure) {
            each.done(failure);
            continue;
        }
        told_.clear();
        for (std::size_t end = at + each.keys; at < end; ++at) told_.push_back(found_[which.wanted[at]]);
        each.done(values(told_));
    }
}

std::unique_ptr<lookup_batch::flight> lookup_batch::take_spare() {
    if (spare_.empty()) return std::make_unique<flight>();
    auto taken = std::move(spare_.back());
    spare_.pop_back();
    return taken;
}

}  // namespace pgweir::redis

#include <utility>

#include "base/log.hpp"
#include "relay/cache_domain.hpp"

// What concerns a store that several pgweirs share.

namespace pgweir::relay {

namespace {

constexpr std::size_t most_missed = 10'000;

}  // namespace

void cache_domain::name_in_store(std::string name) {
    base::published<std::string>::copy now;
    store_name_.renew(now);
    if (!now.value || *now.value != name) store_name_.publish(std::make_shared<const std::string>(std::move(name)));
}

std::string cache_domain::new_writer() {
    return writer_prefix_ + std::to_string(writers_.fetch_add(1, std::memory_order_relaxed));
}

// From the first to the last of them others may serve what was before a write that its client knows to be done: when
// that was, whoever operates them has to be able to find out.
void cache_domain::missed(marked_write what) {
    // Until it is told others may have changed what the names mean that it was noted by.
    if (what.writer.empty()) what.what.add(true, {});
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = !std::exchange(writes_missed_, true);
        to_be_told(std::move(what));
    }
    if (first) base::log::event(base::log::level::warning, "cache_writes_missed", {{"cache", name_}});
}

void cache_domain::outdate_in_store(cache::write_set what) {
    const std::lock_guard lock(mutex_);
    to_be_told({std::move(what), {}});
}

// However long the store is out of reach this stays small: stamps are one set, and a mark that is not taken away goes when
// its backend has ended.
void cache_domain::to_be_told(marked_write what) {
    const bool joins = missed_.size() > being_told_ && what.writer.empty() && missed_.back().writer.empty();
    if (joins)
        missed_.back().what.add(what.what);
    else if (missed_.size() < most_missed || missed_.size() == being_told_)
        missed_.push_back(std::move(what));
    else if (what.writer.empty())
        missed_.back() = {.what = {.everything = true, .relations = {}}, .writer = {}};
    missed_count_.store(missed_.size(), std::memory_order_release);
}

std::vector<marked_write> cache_domain::missed_writes() {
    const std::lock_guard lock(mutex_);
    being_told_ = missed_.size();
    return {missed_.begin(), missed_.end()};
}

void cache_domain::told(bool worked) {
    bool all = false;
    {
        const std::lock_guard lock(mutex_);
        if (worked) missed_.erase(missed_.begin(), missed_.begin() + static_cast<std::ptrdiff_t>(being_told_));
        being_told_ = 0;
        missed_count_.store(missed_.size(), std::memory_order_release);
        all = missed_.empty() && std::exchange(writes_missed_, false);
    }
    if (all) base::log::event(base::log::level::info, "cache_writes_told", {{"cache", name_}});
}

void cache_domain::saw_marks(std::span<const cache::relation_id> relations, std::span<const cache::shared_stamp> stamps,
                             base::time_point now) {
    const auto saw = [&](cache::relation_id which, bool marked) {
        if (marked)
            marked_since_.try_emplace(which, now);
        else if (!marked_since_.empty())
            marked_since_.erase(which);
    };
    saw(cache::whole_database, stamps.front().marked);
    for (std::size_t i = 0; i < relations.size(); ++i) saw(relations[i], stamps[i + 1].marked);
}

std::vector<cache::relation_id> cache_domain::long_marked(base::time_point now, base::duration patience) {
    std::vector<cache::relation_id> found;
    const std::lock_guard lock(mutex_);
    for (auto& [which, since] : marked_since_) {
        if (now - since < patience) continue;
        found.push_back(which);
        since = now;
    }
    return found;
}

}  // namespace pgweir::relay

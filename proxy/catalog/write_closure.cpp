#include "catalog/write_closure.hpp"

#include <algorithm>

namespace pgweir::catalog {

using sql::row_event;

void write_closure::add(const schema_contents::relation& target, row_event events) {
    reach(target.group, events);
    for (const std::uint32_t group : contents_.below_of(target)) reach(group, events);
}

void write_closure::reach(std::uint32_t group, row_event events) {
    const schema_contents::group& target = contents_.groups[group];
    // A row that an update moves to another partition is deleted here and inserted there.
    if (target.several && has(events, row_event::update)) events |= row_event::delete_ | row_event::insert;
    state& its = states_[group];
    const row_event more = events & ~its.seen;
    its.seen |= events;
    if (!its.reached) reached_.push_back(group);
    its.reached = true;
    if (target.system || has(target.opaque, more)) opaque_ = true;
    if (more != row_event::none) next_.emplace_back(group, more);
}

bool write_closure::follow() {
    while (!opaque_ && !next_.empty()) {
        const auto [group, events] = next_.back();
        next_.pop_back();
        follow_keys(contents_.groups[group], events);
    }
    return !opaque_;
}

void write_closure::follow_keys(const schema_contents::group& from, row_event events) {
    for (const schema_contents::key& key : contents_.keys_to(from)) {
        row_event caused = row_event::none;
        if (has(events, row_event::update)) caused |= key.on_update;
        if (has(events, row_event::delete_)) caused |= key.on_delete;
        // Whether it says CASCADE is not known; without it there is an error.
        if (has(events, row_event::truncate)) caused |= row_event::truncate;
        if (caused != row_event::none) reach(key.group, caused);
    }
}

std::vector<relation_id> write_closure::written() const {
    std::vector<relation_id> ids;
    for (const std::uint32_t group : reached_)
        if (!contents_.groups[group].view) ids.push_back(contents_.groups[group].representative);
    std::ranges::sort(ids);
    return ids;
}

}  // namespace pgweir::catalog

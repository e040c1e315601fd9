#include "relay/cache_clearing.hpp"

#include <mutex>
#include <utility>

namespace pgweir::relay {

namespace {

// Other clients wait for as long as it takes to look at these, and to free them.
constexpr std::size_t entries_in_a_step = 256;

std::vector<const cache::stamp_table::cell*> outdate(cache::result_cache& store, const clear_target& what) {
    switch (what.is) {
        case clear_target::kind::relations: return store.outdate(what.relations);
        case clear_target::kind::rule: return store.outdate_rule(what.rule);
        case clear_target::kind::everything: break;
    }
    return store.outdate_all();
}

}  // namespace

// What stands in a store that others share nobody can tell by its rule.
cache_clearing::cache_clearing(cache_domain& whose, const clear_target& what) : domain_(whose) {
    {
        const std::lock_guard lock(domain_.mutex());
        clearing_.emplace(domain_.store(), outdate(domain_.store(), what));
    }
    if (!domain_.is_shared()) return;
    cache::write_set all;
    all.add(what.is != clear_target::kind::relations, what.relations);
    domain_.outdate_in_store(std::move(all));
}

cache_clearing::~cache_clearing() {
    const std::lock_guard lock(domain_.mutex());
    clearing_.reset();
}

bool cache_clearing::step() {
    const std::lock_guard lock(domain_.mutex());
    clearing_->step(entries_in_a_step);
    return !clearing_->ended();
}

}  // namespace pgweir::relay

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cache/clearing.hpp"
#include "cache/result_cache.hpp"

namespace pgweir::test {

/// A cache with a clock that stands still, and clients that ask and fill by short words.
class cache_lab {
public:
    using start = cache::result_cache::start;
    using relations = std::vector<cache::relation_id>;
    using clients = std::vector<std::uint64_t>;

    explicit cache_lab(const cache::settings& how = {}, cache::memory_store::hash_function hash = nullptr)
        : store(how, 7, hash) {}

    /// Whether, and with which rows, it is served now; "" when not.
    std::string find(const std::string& key) {
        const auto found = store.find(key, {.now = now});
        return found ? found->rows : "";
    }

    cache::result_cache::started begin(const std::string& key, const relations& reads, std::uint64_t client = 1,
                                       std::uint32_t rule = 1) {
        return store.begin({.key = key, .depends_on = reads, .rule = rule, .may_wait = true, .who = {.now = now}},
                           client);
    }

    /// The clients that have waited for it.
    clients complete(cache::flights::flight_id flight, const std::string& rows, std::uint32_t rule = 0) {
        cache::entry reply;
        reply.rows = rows;
        reply.created = now;
        reply.fresh_until = reply.expires = now + std::chrono::minutes(1);
        reply.rule = rule;
        clients woken = store.complete(flight, std::move(reply));
        std::sort(woken.begin(), woken.end());
        return woken;
    }

    /// Asked for, executed and kept.
    void keep(const std::string& key, const relations& reads, const std::string& rows = "rows",
              std::uint32_t rule = 0) {
        const auto begun = begin(key, reads, 1, rule == 0 ? 1 : rule);
        ASSERT_EQ(begun.how, start::fill) << key;
        ASSERT_TRUE(complete(begun.flight, rows, rule).empty());
        ASSERT_EQ(find(key), rows);
    }

    static cache::write_set writes(const relations& which) {
        cache::write_set all;
        all.add(false, which);
        return all;
    }
    static cache::write_set anything() { return {.everything = true, .relations = {}}; }

    /// As a writer does it whose transaction commits.
    void commit(const cache::write_set& what) {
        store.mark(what);
        store.bump(what);
        store.unmark(what);
    }

    // As an operator does it; returns how many entries were dropped.
    std::size_t clear() { return clear(store.outdate_all()); }
    std::size_t clear_relation(cache::relation_id which) { return clear(store.outdate(std::array{which})); }
    std::size_t clear_rule(std::uint32_t number) { return clear(store.outdate_rule(number)); }

    std::size_t clear(std::vector<const cache::stamp_table::cell*> outdated) {
        cache::clearing all(store, std::move(outdated));
        while (!all.ended()) all.step(2);
        return all.dropped();
    }

    cache::statistics look() const { return store.look(); }

    base::time_point now{std::chrono::hours(1)};
    cache::result_cache store;
};

}  // namespace pgweir::test

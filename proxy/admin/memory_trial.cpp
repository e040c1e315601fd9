#include "admin/memory_trial.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "admin/steps.hpp"
#include "cache/clearing.hpp"

namespace pgweir::admin {

namespace {

using cache::result_cache;
using start = result_cache::start;

constexpr std::uint32_t rule = 1;
constexpr std::array<cache::relation_id, 1> table{16384};
constexpr std::uint64_t seed = 17;  // no client reaches this cache
constexpr std::size_t row_bytes = 1024;
constexpr std::size_t keys_in_a_round = 256;  // what is done to so many takes a millisecond or less

/// A cache, and what a client does to it.
class subject {
public:
    explicit subject(const cache::settings& how, cache::memory_store::hash_function hash = nullptr)
        : cache_(with_room(how), seed, hash) {}

    result_cache::started begin(std::string_view key, result_cache::client_id who = 1) {
        return cache_.begin({.key = key, .depends_on = table, .rule = rule, .may_wait = true}, who);
    }
    result_cache::waiters complete(cache::flights::flight_id which, std::string rows) {
        cache::entry reply;
        reply.rows = std::move(rows);
        reply.created = now_;
        reply.fresh_until = reply.expires = now_ + ttl;
        reply.rule = rule;
        return cache_.complete(which, std::move(reply));
    }
    bool set(std::string_view key, std::string rows = "rows") {
        const auto begun = begin(key);
        if (begun.how != start::fill) return false;
        static_cast<void>(complete(begun.flight, std::move(rows)));
        return true;
    }
    std::string get(std::string_view key, base::duration later = {}) {
        const auto found = cache_.find(key, {.now = now_ + later});
        return found ? found->rows : std::string();
    }
    result_cache& cache() noexcept { return cache_; }

    static constexpr base::duration ttl = std::chrono::seconds(60);

private:
    static cache::settings with_room(cache::settings how) {
        constexpr std::uint64_t needed = std::uint64_t{4} * 1024 * 1024;
        how.memory_size = std::max(how.memory_size, needed);
        how.largest_reply = std::max<std::uint64_t>(how.largest_reply, row_bytes);
        return how;
    }

    result_cache cache_;
    base::time_point now_{std::chrono::hours(1)};
};

const cache::write_set one_write{.everything = false, .relations = {table.front()}};
const cache::write_set any_write{.everything = true, .relations = {}};

bool is_served(subject& on) {
    return on.set("a") && on.get("a") == "rows" && on.get("b").empty();
}

bool bump_makes_a_miss(subject& on) {
    on.set("a");
    on.cache().bump(one_write);
    return on.get("a").empty() && on.set("a") && on.get("a") == "rows";
}

bool any_write_makes_a_miss(subject& on) {
    on.set("a");
    on.cache().bump(any_write);
    return on.get("a").empty();
}

bool mark_makes_a_bypass(subject& on) {
    on.set("a");
    on.cache().mark(one_write);
    const bool bypassed = on.get("a").empty() && on.begin("a").how == start::marked;
    on.cache().unmark(one_write);
    return bypassed && on.get("a") == "rows";
}

bool late_reply_is_not_kept(subject& on) {
    const auto begun = on.begin("a");
    on.cache().bump(one_write);
    static_cast<void>(on.complete(begun.flight, "old"));
    return begun.how == start::fill && on.get("a").empty();
}

bool one_executes_for_all(subject& on) {
    const auto begun = on.begin("a", 1);
    const bool joined = on.begin("a", 2).how == start::joined;
    const auto woken = on.complete(begun.flight, "rows");
    return joined && woken == result_cache::waiters{2} && on.get("a") == "rows";
}

bool nobody_joins_behind_a_write(subject& on) {
    const auto begun = on.begin("a", 1);
    on.cache().bump(one_write);
    const bool refused = on.begin("a", 2).how == start::busy;
    static_cast<void>(on.complete(begun.flight, "old"));
    return refused;
}

bool ttl_ends(subject& on) {
    on.set("a");
    const bool before = on.get("a", subject::ttl - std::chrono::milliseconds(1)) == "rows";
    return before && on.get("a", subject::ttl).empty();
}

bool clearing_makes_a_miss(subject& on) {
    on.set("a");
    cache::clearing all(on.cache(), on.cache().outdate_rule(rule));
    const bool gone = on.get("a").empty();
    while (!all.ended()) all.step(1);
    return gone && on.cache().look().entries == 0;
}

struct protocol_check {
    std::string_view what;
    bool (*holds)(subject&);
};

constexpr std::array checks{
    protocol_check{"what was set is got, and nothing else", is_served},
    protocol_check{"a stamp that is bumped makes a miss", bump_makes_a_miss},
    protocol_check{"a write to anything makes a miss", any_write_makes_a_miss},
    protocol_check{"a mark makes a bypass until it is taken away", mark_makes_a_bypass},
    protocol_check{"a reply older than a write is not kept", late_reply_is_not_kept},
    protocol_check{"one client executes for those who wait", one_executes_for_all},
    protocol_check{"nobody waits for what began before a write", nobody_joins_behind_a_write},
    protocol_check{"an entry ends with its ttl", ttl_ends},
    protocol_check{"what is cleared is gone", clearing_makes_a_miss},
};

}  // namespace

std::vector<trial_line> try_protocol(const cache::settings& how, cache::memory_store::hash_function hash) {
    std::vector<trial_line> lines;
    for (const protocol_check& each : checks) {
        subject fresh(how, hash);
        lines.push_back({std::string(each.what), each.holds(fresh)});
    }
    return lines;
}

/// The measurement, which goes on in rounds.
struct memory_trial::measured {
    struct operation {
        const char* name;
        std::uint64_t done = 0;
        std::uint64_t worked = 0;
        base::duration took{};
    };

    explicit measured(const cache::settings& how) : on(how) {
        for (std::size_t i = 0; i < keys_in_a_round; ++i) keys.push_back("key " + std::to_string(i));
    }

    template <class Function>
    void time(operation& which, Function&& apply) {
        const base::time_point began = base::clock::now();
        for (const std::string& key : keys) which.worked += apply(key) ? 1U : 0U;
        which.took += base::clock::now() - began;
        which.done += keys.size();
    }

    void round() {
        time(set, [this](const std::string& key) { return on.set(key, std::string(row_bytes, 'x')); });
        time(get, [this](const std::string& key) { return !on.get(key).empty(); });
        time(remove, [this](const std::string& key) {
            on.cache().entries().remove(key);
            return true;
        });
        remove.worked -= on.cache().look().entries;
    }

    static trial_line line(const operation& of) {
        const double seconds = std::chrono::duration<double>(of.took).count();
        const auto rate = seconds > 0 ? static_cast<std::uint64_t>(static_cast<double>(of.done) / seconds) : 0;
        return {std::string(of.name), of.worked == of.done, rate};
    }

    subject on;
    std::vector<std::string> keys;
    operation set{"set"}, get{"get"}, remove{"delete"};
    std::vector<trial_line> lines;
    base::time_point ends{};
};

memory_trial::memory_trial(state_source& source, const cache::settings& how, base::duration at_least)
    : source_(source), how_(how), at_least_(at_least) {}

void memory_trial::run(std::uint32_t worker, result done) {
    auto state = std::make_shared<measured>(how_);
    state->lines = try_protocol(how_);
    state->ends = base::clock::now() + at_least_;
    run_in_steps(source_, worker, [state, done = std::move(done)] {
        state->round();
        if (base::clock::now() < state->ends) return true;
        for (const auto& each : {state->set, state->get, state->remove}) state->lines.push_back(measured::line(each));
        done(std::move(state->lines));
        return false;
    });
}

}  // namespace pgweir::admin

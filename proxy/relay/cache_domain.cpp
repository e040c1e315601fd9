#include "relay/cache_domain.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "cache/lifetime.hpp"
#include "cache/mutants.hpp"
#include "cache/rule_match.hpp"

namespace pgweir::relay {

namespace {

// Settings that differ, of clients of one database; more than these come from clients that make them up.
constexpr std::size_t most_contexts = 4096;

}  // namespace

cache_domain::cache_domain(std::string name, const cache::settings& how, std::uint64_t seed, wake to_clients)
    : name_(std::move(name)),
      settings_(how),
      wake_(std::move(to_clients)),
      store_(settings_, seed),
      writer_prefix_(std::to_string(seed) + "-"),
      serves_by_age_(cache::keeps_by_age(how)) {}

void cache_domain::keep_context(const base::interned& context) {
    if (contexts_.contains(context.id())) return;
    if (contexts_.size() == most_contexts) contexts_.clear();
    contexts_.emplace(context.id(), context);
}

std::uint32_t cache_domain::rules_about(const std::string& user) {
    std::vector<bool> about;
    for (const cache::rule& each : settings_.rules) about.push_back(cache::lists(each.users, user));
    const std::lock_guard lock(mutex_);
    const auto known = std::find(rules_about_.begin(), rules_about_.end(), about);
    const auto number = static_cast<std::uint32_t>(known - rules_about_.begin());
    if (known == rules_about_.end()) rules_about_.push_back(std::move(about));
    return number;
}

metrics::cache_snapshot cache_domain::look() {
    using metrics::cache_invalidation;
    const std::lock_guard lock(mutex_);
    const cache::statistics now = store_.look();
    metrics::cache_snapshot seen;
    seen.name = name_;
    seen.serves = serves();
    seen.state = seen.serves ? "on" : metrics::name_of(why_not());
    seen.entries = now.entries;
    seen.bytes = now.bytes;
    seen.max_bytes = settings_.memory_size;
    seen.flights = now.flights;
    seen.waiting = now.waiting;
    seen.marks = now.marks;
    seen.in_doubt = doubts_.size();
    seen.missed = missed_.size();
    seen.held_back = held_back_.size();
    seen.stored = now.stored;
    seen.stored_bytes = now.stored_bytes;
    seen.evictions = now.evictions;
    seen.rejections = now.rejections;
    seen.invalidations[cache_invalidation::write] = now.writes;
    seen.invalidations[cache_invalidation::ttl] = now.expired;
    seen.invalidations[cache_invalidation::manual] = now.cleared;
    seen.invalidations[cache_invalidation::schema] = now.schema_changes;
    seen.audits = now.audits;
    return seen;
}

void cache_domain::guard_says(bool alone, metrics::cache_bypass why_not) {
    why_not_.store(why_not, std::memory_order_relaxed);
    // Of a standby nobody knows how old its rows are.
    serves_by_age_.store(!retired_ && why_not != metrics::cache_bypass::standby && cache::keeps_by_age(settings_),
                         std::memory_order_release);
    const bool alone_enough = alone || is(cache::mutant::guard_ignored);
    const bool serve = alone_enough && !retired_ && settings_.mode != cache::mode::off;
    tell_log(serve, why_not);
    if (serve == serves()) return;
    if (serve)
        serves_.store(true, std::memory_order_release);
    else
        forget();
}

// It starts by finding out whether it may serve, and so it does again when that has become doubtful: what it finds is told.
void cache_domain::tell_log(bool serve, metrics::cache_bypass why_not) {
    if (settings_.mode == cache::mode::off) return;
    const bool news = why_not != metrics::cache_bypass::starting && why_not != told_;
    if (serve == serves() && (serve || !news)) return;
    if (serve || news) told_ = serve ? metrics::cache_bypass::starting : why_not;
    base::log::event(base::log::level::info, serve ? "cache_on" : "cache_off",
                     {{"cache", name_}, {"reason", serve ? "alone" : std::string(metrics::name_of(why_not))}});
}

// Under the lock, so that who has looked at serves() under it and found it on has served before.
void cache_domain::forget() {
    cache::result_cache::waiters woken;
    {
        const std::lock_guard lock(mutex_);
        serves_.store(false, std::memory_order_release);
        woken = store_.forget();
        contexts_.clear();
    }
    wake_all(woken);
}

bool cache_domain::may_lend(std::uint64_t client) {
    if (is(cache::mutant::gate_ignored)) return true;
    if (gate_open_.load(std::memory_order_acquire)) return true;
    const std::lock_guard lock(mutex_);
    if (gate_open_.load(std::memory_order_acquire)) return true;
    held_back_.push_back(client);
    return false;
}

void cache_domain::open_gate() {
    if (lends()) return;
    std::vector<std::uint64_t> woken;
    {
        const std::lock_guard lock(mutex_);
        gate_open_.store(true, std::memory_order_release);
        woken.swap(held_back_);
    }
    wake_all(woken);
}

void cache_domain::schema_changed() {
    cache::result_cache::waiters woken;
    {
        const std::lock_guard lock(mutex_);
        woken = store_.schema_changed();
    }
    wake_all(woken);
}

void cache_domain::retire() {
    retired_ = true;
    serves_by_age_.store(false, std::memory_order_release);
    forget();
}

void cache_domain::in_doubt(std::int32_t process_id, std::vector<marked_write> marked) {
    const std::lock_guard lock(mutex_);
    auto& all = doubts_[process_id];
    for (marked_write& each : marked) all.push_back(std::move(each));
    if (is(cache::mutant::doubts_forgotten)) {
        static_cast<void>(settle_doubts(process_id));
        return;
    }
    if (watch_) watch_(process_id);
}

void cache_domain::set_watcher(std::function<void(std::int32_t)> watch) {
    const std::lock_guard lock(mutex_);
    watch_ = std::move(watch);
    for (const auto& [process_id, marked] : doubts_) watch_(process_id);
}

std::vector<marked_write> cache_domain::ended(const std::vector<std::int32_t>& processes) {
    std::vector<marked_write> left;
    const std::lock_guard lock(mutex_);
    for (const std::int32_t id : processes)
        for (marked_write& each : settle_doubts(id)) left.push_back(std::move(each));
    return left;
}

std::vector<marked_write> cache_domain::settle_doubts(std::int32_t process_id) {
    const auto found = doubts_.find(process_id);
    if (found == doubts_.end()) return {};
    std::vector<marked_write> left = std::move(found->second);
    doubts_.erase(found);
    // It may have waited for a lock while another one changed what the names mean that it was noted by.
    store_.bump({.everything = true, .relations = {}});
    for (const marked_write& each : left) store_.unmark(each.what);
    return left;
}

}  // namespace pgweir::relay

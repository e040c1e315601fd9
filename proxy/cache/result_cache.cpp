#include "cache/result_cache.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "cache/mutants.hpp"

namespace pgweir::cache {

namespace {

// For mutants: a key begins with the number of the session's settings.
std::string_view without_session(std::string_view key) {
    return key.substr(std::min(key.size(), sizeof(std::uint64_t)));
}

void stamp_anew(entry& what) {
    for (dependency& each : what.depends_on) each.then = each.of->now;
}

}  // namespace

result_cache::result_cache(const settings& how, std::uint64_t seed, memory_store::hash_function hash)
    : how_(how), store_(static_cast<std::size_t>(how.memory_size), seed, hash), admission_(seed) {}

std::shared_ptr<const entry> result_cache::find(std::string_view key, const asker& who) {
    if (is(mutant::sessions_share)) key = without_session(key);
    memory_store::slot* found = store_.find(key);
    if (found == nullptr || is_switched_off(found->what->rule)) return nullptr;
    const entry& known = *found->what;
    if (who.unasked && !known.by_age && !may_rest(*found, who)) return nullptr;
    const bool expired = known.expires <= who.now;
    const bool holds = known.holds();
    if (holds) note_held(*found, who);
    if (holds && known.is_young_for(who)) {
        count_hit(*found);
        return found->what;
    }
    if (!expired && (holds || known.is_marked())) return nullptr;  // the writer may yet roll back
    if (!std::exchange(found->found_old, true)) ++(expired ? counted_.expired : counted_.outdated);
    if (may_be_stale(*found, who.now)) return nullptr;
    if (found->hits > 0) admission_.raise(key);
    store_.remove(std::string(key));
    return nullptr;
}

// An answer that was asked for before something was written here, and came behind that, says nothing of it.
bool result_cache::may_rest(const memory_store::slot& which, const asker& who) {
    const auto unwritten = [&](const dependency& each) { return each.of->written_turn <= which.compared_turn; };
    return which.compared_at + who.rests > who.now &&
           std::all_of(which.what->depends_on.begin(), which.what->depends_on.end(), unwritten);
}

void result_cache::note_held(memory_store::slot& which, const asker& who) const {
    if (who.unasked) return;
    which.held_turn = std::max(which.held_turn, who.compared ? who.turn : turn_);
    which.held_at = std::max(which.held_at, who.now);
    if (!who.compared || who.now < which.compared_at) return;
    which.compared_at = who.now;
    which.compared_turn = who.turn;
}

// When it was outdated nobody knows; that was after it was found to hold last.
bool result_cache::may_be_stale(const memory_store::slot& which, base::time_point now) const {
    const entry& old = *which.what;
    const rule* by = how_.find_rule(old.rule);
    const base::duration most = by == nullptr ? base::off : by->stale;
    if (most == base::off || now >= old.fresh_until + most || which.held_turn < cleared_turn_) return false;
    return old.holds() || which.held_at + most >= now;
}

// Whoever has written is told of what they wrote, and a hint of how old it may be is kept to.
std::shared_ptr<const entry> result_cache::find_stale(const fill_request& what) {
    if (what.who.max_age != base::off || what.anew) return nullptr;
    memory_store::slot* old = store_.find(what.key);
    if (old == nullptr || old->held_turn < what.wrote || !may_be_stale(*old, what.who.now)) return nullptr;
    count_hit(*old);
    return old->what;
}

void result_cache::count_hit(memory_store::slot& which) {
    ++which.hits;
    const std::uint32_t rule = which.what->rule;
    if (rule >= hits_by_rule_.size()) hits_by_rule_.resize(rule + 1);
    ++hits_by_rule_[rule];
}

// False when somebody is about to change one of them.
bool result_cache::depend(const fill_request& what, std::vector<dependency>& on) {
    on.reserve(what.depends_on.size() + 2);
    bool unmarked = true;
    const auto add = [&](const stamp_table::cell& cell) {
        on.push_back({&cell, cell.now});
        unmarked = unmarked && !cell.is_marked();
    };
    const auto cell_of = [&](relation_id which) -> stamp_table::cell& {
        return what.by_age ? stamps_.of_clearing(which) : stamps_.at(which);
    };
    add(cell_of(whole_database));
    for (const relation_id each : what.depends_on) {
        add(cell_of(each));
        if (is(mutant::first_relation_only)) break;
    }
    if (what.rule != 0) add(stamps_.of_rule(what.rule));
    return unmarked;
}

result_cache::started result_cache::begin(fill_request what, client_id who) {
    if (is(mutant::sessions_share)) what.key = without_session(what.key);
    if (is_switched_off(what.rule)) return {start::switched_off};
    const flights::flight* under_way = what.anew ? nullptr : flights_.find(what.key);
    // What is kept, but too old for who asks, was worth its place.
    const bool worth = under_way != nullptr || admits(what.key, what.from_time) || store_.find(what.key) != nullptr;
    if (!worth) return {start::not_worth};
    std::vector<dependency> depends_on;
    const bool unmarked = depend(what, depends_on);
    if (!unmarked) return {start::marked};
    if (under_way != nullptr) {
        if (auto old = find_stale(what)) return {.how = start::stale, .old = std::move(old)};
        const auto still = [](const dependency& each) { return each.of->now == each.then; };
        const bool current = std::all_of(under_way->depends_on.begin(), under_way->depends_on.end(), still);
        if (!what.may_wait || (!current && !is(mutant::joiners_ignore_stamps))) return {start::busy};
        flights_.join(under_way->id, who);
        return {start::joined};
    }
    if (what.anew) flights_.supersede(what.key);
    return {start::fill, flights_.begin(what.key, std::move(depends_on), {turn_, what.who.now})};
}

result_cache::waiters result_cache::complete(flights::flight_id which, entry what) {
    using metrics::cache_rejection;
    waiters woken;
    const auto flight = flights_.end(which, woken);
    if (flight == nullptr) return reject(cache_rejection::dropped, std::move(woken));
    if (flight->superseded) return reject(cache_rejection::superseded, std::move(woken));
    what.key = std::move(flight->key);
    what.depends_on = std::move(flight->depends_on);
    what.depends_on.shrink_to_fit();
    if (is(mutant::stamps_after_query) || (is(mutant::joiners_ignore_stamps) && !woken.empty())) stamp_anew(what);
    const std::size_t bytes = what.description.size() + what.rows.size();
    if (bytes > how_.largest_reply_of(what.rule)) return reject(cache_rejection::too_large, std::move(woken));
    // What was written meanwhile makes an entry that never holds.
    if (!what.holds()) return reject(cache_rejection::written, std::move(woken));
    if (memory_store::slot* kept = store_.put(std::make_shared<const entry>(std::move(what)))) {
        // A store that others share was asked before the statement was executed, and not since.
        kept->held_turn = flight->began.turn;
        kept->held_at = flight->began.at;
        ++counted_.stored;
        counted_.stored_bytes += bytes;
        return woken;
    }
    return reject(cache_rejection::too_large, std::move(woken));
}

void result_cache::observe(std::span<const relation_id> relations, std::span<const shared_stamp> stamps) {
    const auto take = [this](relation_id which, const shared_stamp& seen) {
        stamp_table::cell& cell = stamps_.at(which);
        cell.now = seen.now;
        cell.marked_elsewhere = seen.marked;
    };
    take(whole_database, stamps.front());
    for (std::size_t i = 0; i < relations.size(); ++i) take(relations[i], stamps[i + 1]);
}

std::shared_ptr<const entry> result_cache::peek(std::string_view key) {
    const memory_store::slot* found = store_.find(key);
    return found == nullptr ? nullptr : found->what;
}

void result_cache::adopt(std::string_view key, std::span<const relation_id> relations, const stored_reply& stored,
                         entry what) {
    if (stored.depends_on.size() != relations.size() + 1) return;
    for (std::size_t i = 0; i < stored.depends_on.size(); ++i) {
        const relation_id expected = i == 0 ? whole_database : relations[i - 1];
        if (stored.depends_on[i].relation != expected) return;
        what.depends_on.push_back({&stamps_.at(expected), stored.depends_on[i].then});
    }
    if (what.rule != 0) what.depends_on.push_back({&stamps_.of_rule(what.rule), stamps_.of_rule(what.rule).now});
    if (!what.holds()) return;
    what.key = key;
    what.description = stored.description;
    what.rows = stored.rows;
    what.row_count = stored.row_count;
    what.took = stored.took;
    store_.put(std::make_shared<const entry>(std::move(what)));
}

result_cache::waiters result_cache::abandon(flights::flight_id which, metrics::cache_rejection why) {
    waiters woken;
    static_cast<void>(flights_.end(which, woken));
    return reject(why, std::move(woken));
}

template <class Function>
void result_cache::for_each_cell(const write_set& what, Function&& apply) {
    if (what.everything) return apply(stamps_.at(whole_database));
    for (const relation_id each : what.relations) apply(stamps_.at(each));
}

void result_cache::mark(const write_set& what) {
    ++counted_.marks;
    catch_up();
    if (is(mutant::no_marks) || is(mutant::late_bumps)) return;
    for_each_cell(what, [](stamp_table::cell& cell) { ++cell.marks; });
}

void result_cache::unmark(const write_set& what) {
    --counted_.marks;
    if (is(mutant::no_marks) || is(mutant::late_bumps)) return;
    for_each_cell(what, [](stamp_table::cell& cell) { --cell.marks; });
}

void result_cache::bump(const write_set& what) {
    if (is(mutant::no_bumps)) return;
    if (is(mutant::late_bumps)) return postpone([this, what] { change_stamps(what); });
    change_stamps(what);
}

void result_cache::change_stamps(const write_set& what) {
    const std::uint64_t turn = next_turn();
    for_each_cell(what, [this, turn](stamp_table::cell& cell) {
        stamps_.bump(cell);
        cell.written_turn = turn;
        ++counted_.writes;
    });
}

std::optional<moment> result_cache::current_moment() {
    const stamp_table::cell& all = stamps_.at(whole_database);
    if (all.is_marked() || (all.now == no_stamp && how_.is_shared())) return std::nullopt;
    return moment{all.now, drops_};
}

void result_cache::drop_all() {
    ++drops_;
    stamps_.bump(stamps_.at(whole_database));  // for what is under way
    stamps_.bump(stamps_.of_clearing(whole_database));
    store_.clear();
}

void result_cache::audited(metrics::cache_audit found, std::uint32_t rule) {
    ++counted_.audits[found];
    if (found != metrics::cache_audit::different) return;
    if (rule >= switched_off_.size()) switched_off_.resize(rule + 1);
    switched_off_[rule] = true;
}

std::vector<const stamp_table::cell*> result_cache::outdate_all() {
    constexpr std::array all{whole_database};
    return outdate(all);
}

std::vector<const stamp_table::cell*> result_cache::outdate(std::span<const relation_id> relations) {
    std::vector<const stamp_table::cell*> cells;
    cleared_turn_ = next_turn();
    for (const relation_id each : relations) {
        for (stamp_table::cell* cell : {&stamps_.at(each), &stamps_.of_clearing(each)}) {
            stamps_.bump(*cell);
            cell->written_turn = turn_;
            cells.push_back(cell);
        }
    }
    return cells;
}

std::vector<const stamp_table::cell*> result_cache::outdate_rule(std::uint32_t number) {
    stamp_table::cell& cell = stamps_.of_rule(number);
    stamps_.bump(cell);
    cleared_turn_ = next_turn();
    return {&cell};
}

result_cache::waiters result_cache::forget() {
    waiters woken;
    drop_all();
    flights_.end_all(woken);
    return woken;
}

statistics result_cache::look() const {
    statistics now = counted_;
    now.entries = store_.size();
    now.bytes = store_.bytes();
    now.evictions = store_.evictions();
    now.flights = flights_.size();
    now.waiting = flights_.waiting();
    return now;
}

}  // namespace pgweir::cache

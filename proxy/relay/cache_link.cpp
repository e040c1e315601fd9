#include "relay/cache_link.hpp"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>

#include "cache/mutants.hpp"
#include "relay/session_names.hpp"
#include "session/cache_key.hpp"
#include "sql/reason.hpp"

namespace pgweir::relay {

namespace {

using metrics::cache_bypass;
using session::cache_answer;

cache_bypass bypass_for(sql::reason reasons) {
    const sql::reason_description* first = sql::describe(reasons);
    return first == nullptr ? cache_bypass::other
                            : metrics::from_name<cache_bypass>(first->code).value_or(cache_bypass::other);
}

}  // namespace

cache_link::cache_link(const parts& with, std::uint64_t client, std::string user, std::function<void()> wake)
    : with_(with),
      client_(client),
      user_(std::move(user)),
      rules_(with.domain.rules_about(user_)),
      shares_(with.domain.settings().shares_between_users()) {
    if (with.domain.is_shared() && with.store != nullptr)
        store_.emplace(store_link::parts{*with.store, with.domain, with.schema, with.counters}, std::move(wake),
                       [this](const std::string& writer) { widen(writer); });
}

cache_link::~cache_link() {
    not_filled();
    if (!marked_.empty()) lost(0);
}

std::string_view cache_link::pool_context() const {
    with_.pool.parse_context.renew(context_);
    return context_.value ? std::string_view(*context_.value) : std::string_view{};
}

// Null when the catalogs are not known as they are now.
const statement_judge::scope_pointer& cache_link::scope(std::string_view context, const session::parameters& settings) {
    static const statement_judge::scope_pointer unknown;
    with_.pool.schema_map.renew(map_);
    const auto& map = map_.value;
    if (!map || map->read_at != with_.schema.get() || context.empty()) return unknown;
    if (scope_ && scope_->map == map && scope_settings_ == settings && scope_context_ == context) return scope_;
    scope_ = with_.judge.scope_of(names_of_session(with_.pool, map, context, settings, user_));
    scope_settings_ = settings;
    scope_context_ = context;
    return scope_;
}

bool cache_link::reads_committed(const session::parameters& settings) const {
    const std::string_view context = pool_context();
    if (isolation_of_ == settings && isolation_by_ == context_.value) return reads_committed_;
    const auto set = settings.find("default_transaction_isolation");
    reads_committed_ = (set ? *set : session_defaults::read(context).isolation) == "read committed";
    isolation_of_ = settings;
    isolation_by_ = context_.value;
    return reads_committed_;
}

std::size_t cache_link::largest_reply() const {
    return with_.domain.settings().largest_reply_of(rule_);
}

cache_answer cache_link::ask_as(const session::cache_question& what, base::time_point now) {
    next_look_ = base::never;
    if (std::exchange(gave_up_, false)) return cache_answer::bypass(cache_bypass::waited);
    if (what.hint.no_cache) return cache_answer::bypass(cache_bypass::hint);
    waits_ = false;
    const bool joined = std::exchange(joined_, false) || look_pause_ > base::duration{};
    const bool asks = store_ && !is(cache::mutant::store_not_asked);
    std::optional<cache_answer> known = asks ? look_in_store(what, now) : look(what, now);
    cache_answer found = known ? std::move(*known) : execute(what, now);
    found.joined = joined;
    if (found.how == cache_answer::kind::wait)
        joined_ = joined_ || joined;  // what has come is compared first
    else
        look_pause_ = {};
    if (found.how == cache_answer::kind::hit) with_.looks.note(what.text, true);
    if (found.how != cache_answer::kind::fill) drop_lease(what.key);
    // What was asked under another key, since the catalogs were read again say, nobody will take.
    if (store_ && found.how != cache_answer::kind::wait) store_->forget();
    return found;
}

cache_answer cache_link::execute(const session::cache_question& what, base::time_point now) {
    if (!serves()) return cache_answer::bypass(with_.domain.why_not());
    cache_bypass why_not{};
    const statement_judge::verdict* verdict = judge(what, why_not);
    return verdict == nullptr ? cache_answer::bypass(why_not) : begin(what, *verdict, now);
}

const statement_judge::verdict* cache_link::judge(const session::cache_question& what, cache_bypass& why_not) {
    const statement_judge::scope_pointer& names = scope(pool_context(), what.settings);
    why_not = cache_bypass::catalog_unread;
    if (!names) return nullptr;
    const statement_judge::verdict& verdict = with_.judge.judge(what.statement, names);
    if (verdict.reads.reasons != sql::reason::none)
        why_not = bypass_for(verdict.reads.reasons);
    else if (!what.bind.empty() && session::values_name_moment(what.bind))
        why_not = cache_bypass::time_literal;
    else if (!what.may_fill)
        why_not = cache_bypass::pipelined;
    else
        return &verdict;
    return nullptr;
}

std::optional<cache_answer> cache_link::look(const session::cache_question& what, base::time_point now) {
    if (what.hint.refresh) return std::nullopt;
    cache::asker who = asker(what, now);
    std::shared_ptr<const cache::entry> found;
    {
        const std::lock_guard lock(with_.domain.mutex());
        who.unasked = !with_.domain.serves();
        if (may_see(with_.domain.store().current_moment())) found = with_.domain.store().find(what.key, who);
    }
    if (!fits(what, found)) return std::nullopt;
    return serve(what, std::move(found));
}

// Inside of a block another statement could see more than what is kept, and which rows are the first nobody knows.
cache_answer cache_link::serve(const session::cache_question& what, std::shared_ptr<const cache::entry> found) {
    const bool audited = what.may_fill && !what.in_block && what.max_rows == 0 && !found->by_age &&
                         is_seen_whole(*found) && with_.audits.takes(with_.domain.settings().audit);
    return audited ? begin_audit(what, std::move(found)) : hit(std::move(found));
}

// Another pgweir may keep larger ones in the store.
bool cache_link::is_seen_whole(const cache::entry& kept) const {
    return kept.rows.size() <= with_.domain.settings().largest_reply_of(kept.rule);
}

bool cache_link::fits(const session::cache_question& what, const std::shared_ptr<const cache::entry>& found) {
    return found && !(what.described && found->description.empty());
}

cache_answer cache_link::hit(std::shared_ptr<const cache::entry> found) {
    cache_answer said;
    said.how = cache_answer::kind::hit;
    said.description = found->description;
    said.rows = found->rows;
    said.took = found->took;
    said.holder = std::move(found);
    return said;
}

// Rules say themselves what is worth it.
unsigned cache_link::needed(const statement_judge::verdict& found) const {
    return found.rule != 0 ? 1 : cache::worthwhile_from(found.of_shape->took, store_.has_value());
}

// Nothing was found. What is kept the first time is worth each look.
void cache_link::note_look(const session::cache_question& what, const statement_judge::verdict& found) {
    with_.looks.note(what.text, needed(found) == 1);
}

cache_answer cache_link::begin(const session::cache_question& what, const statement_judge::verdict& found,
                               base::time_point now) {
    const cache::settings& how = with_.domain.settings();
    lifetime_ = cache::lifetime_of(how, found.rule, what.hint);
    rule_ = found.rule;
    if (lifetime_.longest == base::off) return cache_answer::bypass(cache_bypass::no_rule);
    note_look(what, found);
    // The store was asked for what is asked for often enough.
    const bool admitted = store_.has_value() || cache::asks_to_keep(how, what.hint);
    cache::result_cache::started begun;
    {
        const std::lock_guard lock(with_.domain.mutex());
        if (!with_.domain.serves() && !(lifetime_.by_age && with_.domain.serves_by_age()))
            return cache_answer::bypass(with_.domain.why_not());
        if (std::exchange(wrote_, false)) last_write_ = with_.domain.store().next_turn();
        with_.pool.schema_map.renew(map_);
        if (map_.value != scope_->map) return cache_answer::bypass(cache_bypass::catalog_unread);
        begun = with_.domain.store().begin({.key = what.key,
                                            .depends_on = found.reads.depends_on,
                                            .rule = found.rule,
                                            .from_time = admitted ? 1 : needed(found),
                                            .may_wait = what.may_wait,
                                            .by_age = lifetime_.by_age,
                                            .who = asker(what, now),
                                            .wrote = last_write_,
                                            .anew = what.hint.refresh},
                                           client_);
        if (begun.how == cache::result_cache::start::fill) {
            with_.domain.keep_context(*what.context);
            filled_for_all_.reset();
            if (shared_shape_) filled_for_all_ = {of_all_.defaults, with_.domain.store().current_moment()};
        }
    }
    cache_answer said;
    switch (begun.how) {
        case cache::result_cache::start::fill:
            said.how = cache_answer::kind::fill;
            flight_ = begun.flight;
            filled_shape_ = found.of_shape;
            // Nobody else has to try one, whatever becomes of this.
            if (filled_shape_->took == base::off) filled_shape_->took = base::duration(1);
            if (store_) filled_key_ = what.key;
            return said;
        case cache::result_cache::start::joined:
            said.how = cache_answer::kind::wait;
            waits_ = joined_ = true;
            return said;
        case cache::result_cache::start::stale:
            if (!fits(what, begun.old)) return cache_answer::bypass(cache_bypass::waited);
            said = hit(std::move(begun.old));
            said.stale = true;
            return said;
        case cache::result_cache::start::switched_off: return cache_answer::bypass(cache_bypass::audit_failed);
        case cache::result_cache::start::marked: return cache_answer::bypass(cache_bypass::pending_writer);
        case cache::result_cache::start::not_worth: return cache_answer::bypass(cache_bypass::not_worth);
        case cache::result_cache::start::busy: break;
    }
    return cache_answer::bypass(cache_bypass::waited);
}

// On another server than those that the pool opens now the names may have meant something else.
void cache_link::filled(session::captured_reply reply, base::time_point now) {
    if (audit_) return end_audit(&reply, now);
    if (!is_of_now()) return give_up(metrics::cache_rejection::other_server);
    cache::entry made;
    made.description = std::move(reply.description);
    made.rows = std::move(reply.rows);
    made.row_count = reply.row_count;
    made.took = reply.took;
    filled_shape_->took = reply.took;
    if (filled_for_all_) filled_shape_->answered = filled_for_all_->began;
    made.by_age = lifetime_.by_age;
    made.created = made.by_age ? reply.asked : now;
    made.fresh_until = made.created + lifetime_.usual;
    made.expires = made.created + lifetime_.longest;
    made.rule = rule_;
    end_flight(made, now);
}

bool cache_link::is_of_now() const {
    return server_ != nullptr && server_->parse_context == pool_context() &&
           (!filled_for_all_ || filled_for_all_->defaults == context_.value) &&
           !session_defaults::read(server_->parse_context).standby;
}

void cache_link::give_up(metrics::cache_rejection why) {
    if (audit_) return end_audit(nullptr, {});
    if (store_) store_->forget();
    next_look_ = base::never;
    look_pause_ = {};
    joined_ = false;
    if (flight_ != 0) abandon_flight(why);
    if (!std::exchange(waits_, false)) return;
    const std::lock_guard lock(with_.domain.mutex());
    with_.domain.store().leave(client_);
}

// The client gets its reply behind this, and others of the worker wait, too.
void cache_link::end_flight(cache::entry& reply, base::time_point now) {
    const base::time_point began = base::clock::now();
    const auto which = std::exchange(flight_, 0);
    const bool shared = store_ && !reply.by_age;
    cache::result_cache::waiters woken;
    std::shared_ptr<const cache::entry> kept;
    {
        const std::lock_guard lock(with_.domain.mutex());
        woken = with_.domain.store().complete(which, std::move(reply));
        if (shared) kept = with_.domain.store().peek(filled_key_);
    }
    if (kept && kept->created == now) store_->keep(*kept, stored_key_, now);
    release_lease();
    with_.domain.wake_all(woken);
    with_.counters.cache_cost_nanoseconds[metrics::cache_cost::set].add(base::clock::now() - began);
}

void cache_link::abandon_flight(metrics::cache_rejection why) {
    cache::result_cache::waiters woken;
    {
        const std::lock_guard lock(with_.domain.mutex());
        woken = with_.domain.store().abandon(std::exchange(flight_, 0), why);
    }
    release_lease();
    with_.domain.wake_all(woken);
}

void cache_link::release_lease() {
    if (std::exchange(leased_, false)) store_->release(stored_key_);
}

void cache_link::give_up_waiting() {
    not_filled();
    gave_up_ = true;
}

bool cache_link::note(std::string_view text, const session::parameters& settings) {
    const statement_judge::scope_pointer& names =
        scope(server_ == nullptr ? std::string_view{} : server_->parse_context, settings);
    if (!names) {
        note_anything();
        return true;
    }
    const catalog::write_verdict& found = with_.judge.judge(text, names).writes;
    if (found.nothing()) return false;
    note_schema();
    noted_.add(found.everything, found.relations);
    return true;
}

// What a name means may have changed while its statement waited for a lock.
void cache_link::mark() {
    wrote_ = true;
    if (noted_in_ != with_.schema.get()) noted_.add(true, {});
    const bool marks = !is(cache::mutant::unmarked_while_off) || with_.domain.serves();
    marked_.push_back({marks ? noted_ : cache::write_set{}, {}});
    if (store_) marked_.back().writer = store_->mark(noted_, process_id(), noted_in_);
    const std::lock_guard lock(with_.domain.mutex());
    with_.domain.store().mark(marked_.back().what);
}

// The server is held until that is marked, too.
void cache_link::widen(const std::string& writer) {
    const auto which =
        std::find_if(marked_.begin(), marked_.end(), [&](const marked_write& each) { return each.writer == writer; });
    if (which == marked_.end()) return;
    marked_write everything{.what = {.everything = true, .relations = {}}, .writer = {}};
    everything.writer = store_->mark(everything.what, process_id(), noted_in_);
    store_->unmark(which->writer, which->what);
    const std::lock_guard lock(with_.domain.mutex());
    with_.domain.store().mark(everything.what);
    with_.domain.store().unmark(which->what);
    *which = std::move(everything);
}

void cache_link::bump(bool schema) {
    if (marked_.empty()) return;
    cache::write_set beside;
    if (noted_in_ != with_.schema.get()) beside.add(true, {});
    {
        const std::lock_guard lock(with_.domain.mutex());
        for (const marked_write& each : marked_) with_.domain.store().bump(each.what);
        if (!beside.empty()) with_.domain.store().bump(beside);
    }
    if (!store_) return;
    cache::write_set all = std::move(beside);
    for (const marked_write& each : marked_) all.add(each.what);
    if (!all.empty()) store_->bump(all, schema);
}

void cache_link::unmark() {
    if (store_) store_->unmark(marked_.front().writer, marked_.front().what);
    const std::lock_guard lock(with_.domain.mutex());
    with_.domain.store().unmark(marked_.front().what);
    marked_.pop_front();
}

void cache_link::lost(std::int32_t process_id) {
    std::vector<marked_write> all(std::make_move_iterator(marked_.begin()), std::make_move_iterator(marked_.end()));
    marked_.clear();
    with_.domain.in_doubt(process_id, std::move(all));
}

}  // namespace pgweir::relay

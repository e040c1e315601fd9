#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "relay/cache_link.hpp"
#include "session/cache_key.hpp"

// A client's reads where several pgweirs share a store: what memory has is served when the store's stamps say that it
// still holds, what it has not is looked for there. Each takes a round trip: cache_answer::kind::wait.

namespace pgweir::relay {

using metrics::cache_bypass;
using session::cache_answer;

std::optional<cache_answer> cache_link::look_in_store(const session::cache_question& what, base::time_point now) {
    auto told = store_->take(what.key);
    if (!told && !what.hint.refresh) {
        if (auto found = look_unasked(what, now)) return found;
    }
    if (!told) return what.hint.refresh ? search(what, true, now) : compare(what, now);
    if (told->failed) return cache_answer::failure();
    leased_ = told->leased;
    if (!what.hint.refresh && may_see(told->at) && fits(what, told->found)) {
        drop_lease(what.key);
        return serve(what, std::move(told->found));
    }
    if (!told->searched) return search(what, true, now);
    if (told->leased_to_another) return wait_for_another(now);
    // Redis is full, say: without stamps nothing can be kept.
    if (!told->is_complete) return cache_answer::failure();
    return std::nullopt;
}

// What is kept by its age, or was compared so lately that it need not be again. Inside of a block, which may have waited for
// what another one has written, it is compared each time.
std::optional<cache_answer> cache_link::look_unasked(const session::cache_question& what, base::time_point now) {
    const bool compares = what.in_block || !with_.domain.serves();
    cache::asker who = asker(what, now);
    who.unasked = true;
    who.rests = compares ? base::off : with_.domain.settings().memory_max_age;
    if (who.rests == base::off && !with_.domain.serves_by_age()) return std::nullopt;
    std::shared_ptr<const cache::entry> found;
    {
        const std::lock_guard lock(with_.domain.mutex());
        if (may_see(with_.domain.store().current_moment())) found = with_.domain.store().find(what.key, who);
    }
    if (!fits(what, found)) return std::nullopt;
    return serve(what, std::move(found));
}

// Behind a read whose reply is being captured there is no waiting: the conversation looks after one at a time.
std::optional<cache_answer> cache_link::compare(const session::cache_question& what, base::time_point now) {
    if (!what.may_fill) return cache_answer::bypass(cache_bypass::pipelined);
    store_link::question of;
    of.key = what.key;
    of.who = asker(what, now);
    bool is_known = false;
    {
        const std::lock_guard lock(with_.domain.mutex());
        const auto known = with_.domain.store().peek(what.key);
        is_known = known != nullptr;
        of.who.turn = with_.domain.store().turn();
        const bool serves = known && may_see(with_.domain.store().current_moment()) &&
                            !with_.domain.store().is_switched_off(known->rule);
        if (serves && known->is_young_for(of.who) && fits(what, known)) of.relations = known->relations();
    }
    if (of.relations.empty()) return search(what, is_known, now);
    return ask_store(std::move(of), now);
}

// `known`: memory had it, so it is asked for often enough.
std::optional<cache_answer> cache_link::search(const session::cache_question& what, bool known, base::time_point now) {
    if (!serves()) return cache_answer::bypass(with_.domain.why_not());
    cache_bypass why_not{};
    const statement_judge::verdict* verdict = judge(what, why_not);
    if (verdict == nullptr) return cache_answer::bypass(why_not);
    const cache::settings& how = with_.domain.settings();
    const cache::lifetime lifetime = cache::lifetime_of(how, verdict->rule, what.hint);
    if (lifetime.longest == base::off) return cache_answer::bypass(cache_bypass::no_rule);
    const bool admitted = verdict->rule != 0 || known || cache::asks_to_keep(how, what.hint);
    cache::asker who = asker(what, now);
    {
        const std::lock_guard lock(with_.domain.mutex());
        if (with_.domain.store().is_switched_off(verdict->rule))
            return cache_answer::bypass(cache_bypass::audit_failed);
        if (!admitted && !with_.domain.store().admits(what.key, needed(*verdict))) {
            note_look(what, *verdict);
            return cache_answer::bypass(cache_bypass::not_worth);
        }
        who.turn = with_.domain.store().turn();
    }
    if (lifetime.by_age) return std::nullopt;
    if (!with_.domain.serves()) return cache_answer::bypass(with_.domain.why_not());
    stored_key_ = stored_key(what);
    return ask_store({.key = std::string(what.key),
                      .stored = stored_key_,
                      .relations = verdict->reads.depends_on,
                      .rule = verdict->rule,
                      .usual = lifetime.usual,
                      .who = who,
                      .lease = what.may_wait && !what.hint.refresh && cache::is_worth_a_lease(verdict->of_shape->took)},
                     now);
}

// Nobody says when that has ended, so it is looked for, again and again until cache.wait is over.
cache_answer cache_link::wait_for_another(base::time_point now) {
    constexpr base::duration first = std::chrono::milliseconds(5);
    constexpr base::duration longest = std::chrono::milliseconds(50);
    look_pause_ = std::clamp(look_pause_ * 2, first, longest);
    next_look_ = now + look_pause_;
    cache_answer said;
    said.how = cache_answer::kind::wait;
    return said;
}

// A flight of this pgweir has it as long as it takes.
void cache_link::drop_lease(std::string_view key) {
    if (!std::exchange(leased_, false)) return;
    {
        const std::lock_guard lock(with_.domain.mutex());
        if (with_.domain.store().is_under_way(key)) return;
    }
    store_->release(stored_key_);
}

cache_answer cache_link::ask_store(store_link::question what, base::time_point now) {
    what.who.compared = true;
    if (!store_->is_reachable() || !store_->ask(std::move(what), now))
        return cache_answer::bypass(cache_bypass::store_unreachable);
    cache_answer said;
    said.how = cache_answer::kind::wait;
    return said;
}

// As the key in this process, but with nothing in it that only this process knows: settings and catalogs by what they
// say, and not by number.
std::string cache_link::stored_key(const session::cache_question& what) const {
    std::string key(with_.pool.user());
    key.push_back('\0');
    key.append(pool_context()).push_back('\0');
    key.append(scope_->map->fingerprint()).push_back('\0');
    const std::string_view context = what.context->text();
    const auto scope_end = context.find('\0');
    const auto count_end = context.find('\0', scope_end + 1);
    key.append(context.substr(count_end + 1)).push_back('\0');
    key.append(what.key.substr(session::cache_key::numbers_size));
    return key;
}

}  // namespace pgweir::relay

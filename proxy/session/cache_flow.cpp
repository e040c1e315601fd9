#include "session/cache_flow.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "session/cache_capture.hpp"
#include "session/execution_batch.hpp"
#include "sql/comments.hpp"
#include "sql/tokens.hpp"
#include "sql/words.hpp"
#include "wire/backend.hpp"
#include "wire/frame.hpp"
#include "wire/frontend.hpp"

namespace pgweir::session {

namespace {

using metrics::cache_bypass;
using metrics::cache_result;

// Behind this many requests it is not looked what they all are.
constexpr std::size_t deepest_pipeline = 64;

bool begins_like_read(std::string_view text) {
    static constexpr std::array<std::string_view, 4> words{"select", "with", "values", "table"};
    // Hardly any text begins with a comment, a parenthesis or white space.
    if (text.size() > words[0].size() && text[words[0].size()] == ' ' &&
        sql::same_word(text.substr(0, words[0].size()), words[0]))
        return true;
    sql::tokens all(text);
    sql::token first = all.next();
    while (first.text == "(") first = all.next();
    return std::any_of(words.begin(), words.end(), [&](auto word) { return sql::same_word(first.text, word); });
}

std::optional<cache_bypass> why_not_as(execution_batch::shape what) {
    switch (what) {
        case execution_batch::shape::whole: return std::nullopt;
        case execution_batch::shape::named_portal: return cache_bypass::named_portal;
        case execution_batch::shape::split: return cache_bypass::pipelined;
        case execution_batch::shape::other: break;
    }
    return cache_bypass::other;
}

cache_result result_of(const cache_answer& hit) {
    if (hit.stale) return cache_result::stale;
    return hit.joined ? cache_result::coalesced : cache_result::hit;
}

}  // namespace

/// What is asked about in the extended protocol.
struct cache_flow::batch : execution_batch {
    std::string_view text;
    base::bytes_view parameter_types;
};

cache_flow::verdict cache_flow::take_query(std::string_view text) {
    if (x_.cache == nullptr || x_.fill.is == cache_fill::state::owned) return verdict::pass;
    if (std::exchange(asked_, true)) return verdict::pass;
    if (!begins_like_read(text)) return pass();
    if (!x_.cache->serves()) return not_served();
    if (const auto why = why_not()) return bypass(*why);
    if (!is_worth_asking(text)) return bypass(cache_bypass::not_worth);
    const std::string_view statement = make_key({}, text);
    cache_question what{
        .key = key_, .context = &x_.context(), .text = text, .statement = statement, .settings = x_.desired};
    cache_answer found;
    const verdict how = look(what, found);
    if (how != verdict::answered) return how;
    x_.statements.drop_unnamed();  // as any simple query does
    if (x_.pending.empty()) {
        std::string& out = x_.to_client.own();
        out.append(found.description).append(found.rows);
        wire::append_ready_for_query(out, x_.client_status);
    } else {
        std::string reply(found.description);
        reply += found.rows;
        wire::append_ready_for_query(reply, x_.client_status);
        x_.answer(reply);
    }
    return how;
}

cache_flow::verdict cache_flow::take_batch(base::bytes_view input, std::size_t& taken) {
    if (x_.cache == nullptr || x_.fill.is == cache_fill::state::owned) return verdict::pass;
    if (std::exchange(asked_, true)) return verdict::pass;
    if (x_.discarding || x_.lost.active) return pass();
    batch found;
    base::bytes_view rest = input;
    auto unlike = find_statement(rest, found);
    if (found.text.empty() || !begins_like_read(found.text)) return pass();
    if (!x_.cache->serves()) return not_served();
    // Most of what is not worth asking about costs no more than this.
    if (!unlike && !is_worth_asking(found.text)) return bypass(cache_bypass::not_worth);
    if (!unlike) unlike = find_execution(rest, found);
    if (const auto why = unlike ? unlike : why_not()) return bypass(*why);
    const std::string_view statement = make_key({.extended = true,
                                                 .parameter_types = found.parameter_types,
                                                 .bind = found.bound,
                                                 .max_rows = std::max(found.max_rows, 0)},
                                                found.text);
    cache_question what{.key = key_,
                        .context = &x_.context(),
                        .text = found.text,
                        .statement = statement,
                        .settings = x_.desired,
                        .bind = found.bind,
                        .described = found.described,
                        .max_rows = std::max(found.max_rows, 0)};
    cache_answer stored;
    const verdict how = look(what, stored);
    if (how != verdict::answered) return how;
    std::string reply;
    if (found.parse) {
        x_.set_unnamed(found.text, found.parameter_types, sql::effect::plain_read);
        x_.counters->client_parses.add();
        wire::append_parse_complete(reply);
    }
    x_.counters->binds.add();
    wire::append_bind_complete(reply);
    if (found.described) reply += stored.description;
    reply += stored.rows;
    x_.answer(reply);
    taken = input.size() - rest.size();
    return how;
}

cache_flow::verdict cache_flow::look(cache_question& what, cache_answer& found) {
    const bool waited = x_.fill.is == cache_fill::state::waiting;
    what.may_fill = x_.fill.is == cache_fill::state::none || waited;
    what.in_block = x_.client_status != 'I';
    if (sql::may_have_hint(what.text) && x_.cache->takes_hints()) read_hint(what);
    what.may_wait = x_.server == nullptr && what.may_fill && x_.pending.empty();
    found = x_.cache->ask(what, x_.now);
    asked_ = found.how == cache_answer::kind::run;
    if (waited && found.how == cache_answer::kind::hit) note_slow_wait(what.text);
    if (waited && found.how != cache_answer::kind::wait) {
        x_.counters->cache_cost_nanoseconds[metrics::cache_cost::get].add(x_.now - x_.fill.began);
        x_.fill = {};
    }
    switch (found.how) {
        case cache_answer::kind::hit:
            x_.counters->cache_requests[result_of(found)].add();
            x_.counters->cache_saved_nanoseconds.add(found.took);
            x_.counters->cache_served_bytes.add(found.rows.size() + (what.described ? found.description.size() : 0));
            x_.deferred.read = true;
            return verdict::answered;
        case cache_answer::kind::fill:
            x_.fill.is = cache_fill::state::owned;
            x_.fill.asked = x_.now;
            x_.fill.audits = found.audit;
            x_.fill.max_rows = what.max_rows;
            if (found.audit)
                count_bypass(cache_bypass::audit);
            else
                x_.asked_cache = {.result = cache_result::miss};
            return verdict::pass;
        case cache_answer::kind::wait:
            if (!waited) x_.fill.began = x_.now;
            x_.fill.is = cache_fill::state::waiting;
            return verdict::wait;
        case cache_answer::kind::run: break;
    }
    if (!found.failed) return bypass(found.why);
    x_.counters->cache_requests[cache_result::error].add();
    x_.asked_cache = {.result = cache_result::error};
    return pass();
}

void cache_flow::read_hint(cache_question& what) {
    what.hint = sql::read_cache_hint(what.text);
    if (x_.fill.is == cache_fill::state::waiting) return;  // it was counted when it was asked first
    auto& counted = x_.counters->cache_hints;
    if (what.hint.no_cache) counted[metrics::cache_hint::no_cache].add();
    if (what.hint.refresh) counted[metrics::cache_hint::refresh].add();
    if (what.hint.ttl) counted[metrics::cache_hint::ttl].add();
    for (std::size_t i = 0; i < what.hint.unknown; ++i) counted[metrics::cache_hint::unknown].add();
}

// No server was slow for this client, but what it waited for was.
void cache_flow::note_slow_wait(std::string_view text) {
    const base::duration waited = x_.now - x_.fill.began;
    if (x_.limits->slow_query == base::off || waited < x_.limits->slow_query) return;
    constexpr std::size_t longest = 256;
    x_.slow = slow_request{std::string(text.substr(0, longest)), {}, {.result = cache_result::hit}, waited};
}

// Whoever waits has been asked about; whoever says how it is to be cached wants it to be.
bool cache_flow::is_worth_asking(std::string_view text) const {
    return x_.fill.is == cache_fill::state::waiting || sql::may_have_hint(text) || x_.cache->is_worth_asking(text);
}

// The key of all that has to be known for sure about the session: if it is not, the server is asked.
std::optional<cache_bypass> cache_flow::why_not() const {
    if (x_.refusal || x_.lost.active || x_.discarding || x_.copy != copy_phase::none) return cache_bypass::other;
    if (x_.pins.any()) return cache_bypass::pinned;
    const bool known = x_.rewrites && x_.scannable && x_.conforming_strings && !x_.syntax_unsure &&
                       x_.desired.key() != nullptr && x_.unshared == 0 && !x_.survey_due && !x_.names_unknown &&
                       !x_.holding_reports && x_.held_ready.empty() && !x_.listening.any();
    if (!known) return cache_bypass::state_unknown;
    if (x_.unsynced || !all_pending_are_reads()) return cache_bypass::pipelined;
    if (x_.client_status != 'I' && (x_.client_status != 'T' || !block_allows())) return cache_bypass::in_transaction;
    // Also outside of a block: what SERIALIZABLE promises a single read can break.
    if (!x_.cache->reads_committed(x_.desired)) return cache_bypass::not_read_committed;
    return std::nullopt;
}

// Each statement of a READ COMMITTED block sees what was committed before it. A read that is still under way may fail
// and take the block with it.
bool cache_flow::block_allows() const {
    return ((x_.deferred.active && !x_.deferred.isolates) || (x_.server != nullptr && !x_.block_did_more)) &&
           x_.pending.empty();
}

// What is asked behind a BEGIN or a write would be answered out of their order.
bool cache_flow::all_pending_are_reads() const {
    if (x_.pending.size() > deepest_pipeline) return false;
    for (std::size_t i = 0; i < x_.pending.size(); ++i) {
        const pending_request& one = x_.pending.at(i);
        const bool executes = one.kind == request_kind::query || one.kind == request_kind::execute ||
                              one.kind == request_kind::function_call;
        if (one.injected || one.after_more || (executes && !one.plain_read)) return false;
    }
    return true;
}

std::optional<cache_bypass> cache_flow::find_statement(base::bytes_view& rest, batch& found) const {
    const auto shape = found.read_bound(rest);
    if (found.parse) {
        found.text = found.parse->text;
        found.parameter_types = found.parse->parameter_types;
    }
    const auto unlike = why_not_as(shape);
    if (unlike || found.parse) return unlike;
    const bool known = found.statement.empty() ? find_unnamed(found) : find_named(found);
    return known ? std::nullopt : std::optional(cache_bypass::other);
}

std::optional<cache_bypass> cache_flow::find_execution(base::bytes_view& rest, batch& found) const {
    const auto unlike = why_not_as(found.read_execution(rest));
    if (unlike || found.max_rows <= 0) return unlike;
    // Of a portal that has more rows than are wanted now the next could be asked for, as long as it is there.
    const bool ends_here = rest.front() == 'S' && x_.client_status == 'I';
    return ends_here ? std::nullopt : std::optional(cache_bypass::row_limit);
}

// One that was parsed under other settings may mean something else than the same text now.
bool cache_flow::find_named(batch& found) const {
    client_statement* known = x_.statements.find(found.statement);
    if (known == nullptr || known->raw || known->own || known->result_changed) return false;
    if (known->description && !is_described_now(known->described_at)) return false;
    found.text = known->statement.text();
    found.parameter_types = known->statement.parameter_types();
    return x_.is_of_now(known->statement);
}

bool cache_flow::find_unnamed(batch& found) const {
    auto& known = x_.statements.no_name();
    if (!known.present || known.result_changed || sql::has(known.effects, sql::effect::time_literal)) return false;
    if (known.description && !is_described_now(known.described_at)) return false;
    found.text = known.text;
    found.parameter_types = known.parameter_types;
    return x_.is_unnamed_of_now();
}

// Whether its result is still what its client was told of only a server can say: one is asked, and says so once.
bool cache_flow::is_described_now(std::uint64_t& at) const {
    return std::exchange(at, x_.schema->get()) == x_.schema->get();
}

// Returns the text without comments, in the key.
std::string_view cache_flow::make_key(cache_key parts, std::string_view text) {
    parts.context = x_.context().id();
    parts.rules = x_.cache->rules();
    key_.clear();
    parts.append_head(key_);
    const std::size_t head = key_.size();
    sql::append_without_comments(key_, text, x_.conforming_strings);
    return std::string_view(key_).substr(head);
}

// It goes to a server, and waits for nobody.
cache_flow::verdict cache_flow::pass() {
    if (x_.fill.is == cache_fill::state::waiting) drop_fill(x_);
    return verdict::pass;
}

cache_flow::verdict cache_flow::not_served() {
    const auto why = x_.cache->why_not();
    return why ? bypass(*why) : pass();
}

cache_flow::verdict cache_flow::bypass(cache_bypass why) {
    count_bypass(why);
    return pass();
}

void cache_flow::count_bypass(cache_bypass why) {
    x_.counters->cache_requests[metrics::cache_result::bypass].add();
    x_.counters->cache_bypasses[why].add();
    x_.asked_cache = {.result = cache_result::bypass, .why = why};
}

// The read was answered in place of a server, with an error say: what is forwarded next is another one.
void cache_flow::end_unused_fill(char tag) {
    const bool goes_on = tag == 'B' || tag == 'D';
    if (!goes_on && x_.fill.is <= cache_fill::state::owned) drop_fill(x_);
}

}  // namespace pgweir::session

#include "session/cache_writes.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "session/effects.hpp"
#include "sql/block_command.hpp"
#include "sql/tokens.hpp"
#include "sql/words.hpp"

namespace pgweir::session {

namespace {

using sql::effect;

// Of COMMIT PREPARED only the second.
constexpr effect ends_block = effect::ends_transaction | effect::explicit_commit;

// Behind this many requests it is not looked what they all are.
constexpr std::size_t deepest_pipeline = 64;

bool only_rolls_back(effect flags) {
    return sql::has(flags, effect::ends_transaction) &&
           !sql::has(flags, effect::explicit_commit | effect::multi_statement | effect::prepare_transaction);
}

// Outside of a block all but these may commit when they are executed, and need not wait for the Sync: procedures do, and
// so do commands that may not stand in a block (ALTER TABLE ... DETACH PARTITION ... CONCURRENTLY).
bool commits_at_sync(std::string_view text) {
    static constexpr std::array<std::string_view, 10> words{"insert", "update", "delete", "merge", "select",
                                                            "with",   "values", "table",  "copy",  "explain"};
    const sql::token first = sql::tokens(text).next();
    return first.text == "(" ||
           std::any_of(words.begin(), words.end(), [&](auto word) { return sql::same_word(first.text, word); });
}

effect commits_of(std::string_view text, effect flags) {
    const bool by_itself = sql::has(flags, effect::data_modifying) && !commits_at_sync(text);
    return by_itself ? flags | effect::call : flags & ~effect::call;
}

// What is sent now begins in the transaction that `transaction_status` tells of, unless something is under way that
// ends it.
bool outside_of_block(const exchange& x) {
    if (x.server->transaction_status == 'I' || x.batch_may_end_block || x.pending.size() > deepest_pipeline)
        return true;
    for (std::size_t i = 0; i < x.pending.size(); ++i)
        if (x.pending.at(i).may_end_block) return true;
    return false;
}

void mark(exchange& x, pending_request& entry) {
    if (entry.marked || !x.cache->noted()) return;
    entry.marked = true;
    ++x.marks;
    x.cache->mark();
}

// What is read behind LOCK TABLE has to be what others have left.
bool takes_locks(std::string_view text) {
    return sql::same_word(sql::tokens(text).next().text, "lock");
}

// A block in which each statement sees what was committed before it.
bool begins_usual_block(std::string_view text, effect flags) {
    if (sql::has(flags, effect::plain_read)) return false;
    const sql::block_statement block = sql::find_block_statement(text);
    return block.begins() && !block.isolates;
}

// Whether names without a schema may be looked for elsewhere than `desired` says, which learns of it behind the transaction.
bool names_unsure(const exchange& x, effect flags) {
    using reason = metrics::pin_reason;
    constexpr effect sets = effect::set_named | effect::set_other | effect::set_transaction | effect::set_role |
                            effect::set_config | effect::set_session_authorization | effect::local_config |
                            effect::reset | effect::reset_all;
    const bool done_before = x.pins.has(reason::do_block) && !sql::has(flags, effect::do_block);
    const bool set_before = x.unshared > 0 || done_before || x.pins.has(reason::set) ||
                            x.pins.has(reason::set_config) || x.pins.has(reason::set_role);
    return set_before || (sql::has(flags, sets) && sql::has(flags, effect::multi_statement));
}

void note_text(exchange& x, std::string_view text, effect flags) {
    // Settings, cursors and the like change what a read in the same block would answer.
    const bool reads_only = (flags & ~(effect::plain_read | effect::empty)) == effect::none;
    // The cache's own look at texts takes strings for conforming ones.
    const bool unread = !x.scannable || x.syntax_unsure || (!x.conforming_strings && !reads_only);
    bool writes = x.cache->note(text, x.desired);
    if (unread || (writes && names_unsure(x, flags))) {
        x.cache->note_anything();
        writes = true;
    }
    if (writes || !reads_only || (!sql::has(flags, effect::plain_read) && takes_locks(text)))
        x.block_did_more = x.block_did_more || writes || !begins_usual_block(text, flags);
}

}  // namespace

void note_query(exchange& x, std::string_view text, effect flags, pending_request& entry) {
    if (x.cache == nullptr) return;
    note_text(x, text, flags);
    entry.may_end_block = entry.may_end_block || sql::has(flags, ends_block);
    if (outside_of_block(x) && !only_rolls_back(flags)) mark(x, entry);
}

void note_bind(exchange& x, std::string_view text, effect flags) {
    if (x.cache == nullptr) return;
    x.portals.last().commits |= commits_of(text, flags);
    note_text(x, text, flags);
}

void note_unknown_bind(exchange& x) {
    if (x.cache == nullptr) return;
    x.portals.last().commits |= unread_effects;
    x.cache->note_anything();
    x.block_did_more = true;
}

sql::effect unshared_writes(exchange& x, std::string_view text, effect flags) {
    if (x.cache == nullptr) return effect::none;
    const bool noted_before = x.cache->noted();
    const bool writes = x.cache->note(text, x.desired);
    if (writes && !noted_before && x.server->transaction_status == 'I' && x.pending.empty()) x.cache->forget();
    return (writes ? effect::data_modifying : effect::none) | (commits_of(text, flags) & effect::call);
}

void note_effects_bind(exchange& x, effect remembered) {
    if (x.cache == nullptr) return;
    x.portals.last().commits |= remembered;
    if (!sql::has(remembered, effect::data_modifying)) return;
    x.cache->note_anything();
    x.block_did_more = true;
}

void mark_execute(exchange& x, const bound_portal* portal, pending_request& entry) {
    if (x.cache == nullptr) return;
    const effect flags = portal != nullptr ? portal->commits : unread_effects;
    const bool ends = sql::has(flags, ends_block);
    x.batch_may_end_block = x.batch_may_end_block || ends;
    const bool may_commit = ends && !only_rolls_back(flags);
    if (may_commit || (sql::has(flags, effect::call) && outside_of_block(x))) mark(x, entry);
}

void mark_sync(exchange& x, pending_request& entry) {
    if (x.cache != nullptr && outside_of_block(x)) mark(x, entry);
}

void mark_unknown(exchange& x, pending_request& entry) {
    if (x.cache == nullptr) return;
    x.cache->note_anything();
    x.block_did_more = true;
    entry.may_end_block = true;
    mark(x, entry);
}

void bump_marked(exchange& x) {
    if (x.pending.front().marked) x.cache->bump(x.schema_changed);
}

void release_mark(exchange& x, pending_request& entry) {
    if (!std::exchange(entry.marked, false)) return;
    --x.marks;
    x.cache->unmark();
}

void bump_and_release(exchange& x, pending_request& entry) {
    if (entry.marked) x.cache->bump(x.schema_changed);
    release_mark(x, entry);
}

void cycle_ended(exchange& x, char status) {
    if (x.cache == nullptr) return;
    bump_marked(x);
    // What stands behind this in a pipeline has been noted already.
    if (status != 'I' || x.pending.size() > 1) return;
    x.block_did_more = false;
    if (x.cache->noted()) x.cache->forget();
}

void marks_lost(exchange& x, std::int32_t process_id) {
    if (x.cache == nullptr) return;
    for (std::size_t i = 0; i < x.pending.size(); ++i) x.pending.at(i).marked = false;
    if (std::exchange(x.marks, 0) > 0) x.cache->lost(process_id);
    x.cache->forget();
    x.block_did_more = false;
}

}  // namespace pgweir::session

#include "session/cache_writes.hpp"

#include <utility>

#include "sql/block_command.hpp"

namespace pgweir::session {

namespace {

using sql::effect;

// Of these PostgreSQL commits inside of the statement, or may.
constexpr effect commits_inside = effect::ends_transaction | effect::call | effect::do_block | effect::own_routine;

// Behind this many requests it is not looked what they all are.
constexpr std::size_t deepest_pipeline = 64;

bool only_rolls_back(effect flags) {
    return sql::has(flags, effect::ends_transaction) &&
           !sql::has(flags, effect::explicit_commit | effect::multi_statement | effect::prepare_transaction);
}

// What is sent now begins in the transaction that `transaction_status` tells of, unless something is under way that
// ends it.
bool outside_of_block(const exchange& x) {
    if (x.server->transaction_status == 'I' || x.pending.size() > deepest_pipeline) return true;
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

void note_text(exchange& x, std::string_view text, effect flags) {
    const bool writes = x.cache->note(text, x.desired);
    // Settings, cursors and the like change what a read in the same block would answer.
    const bool reads_only = (flags & ~(effect::plain_read | effect::empty)) == effect::none;
    if (writes || !reads_only) x.block_did_more = true;
}

}  // namespace

void note_query(exchange& x, std::string_view text, effect flags, pending_request& entry) {
    if (x.cache == nullptr) return;
    const bool did_more = x.block_did_more;
    note_text(x, text, flags);
    const sql::block_command command = sql::find_block_command(text);
    if (command == sql::block_command::begin || command == sql::block_command::start_transaction)
        x.block_did_more = did_more;
    entry.may_end_block = sql::has(flags, commits_inside);
    const bool may_commit = outside_of_block(x) || sql::has(flags, commits_inside);
    if (may_commit && !only_rolls_back(flags)) mark(x, entry);
}

void note_bind(exchange& x, std::string_view text, effect flags) {
    if (x.cache != nullptr) note_text(x, text, flags);
}

void note_unknown_bind(exchange& x) {
    if (x.cache == nullptr) return;
    x.cache->note_anything();
    x.block_did_more = true;
}

sql::effect unshared_writes(exchange& x, std::string_view text) {
    if (x.cache == nullptr) return effect::none;
    const bool noted_before = x.cache->noted();
    const bool writes = x.cache->note(text, x.desired);
    if (writes && !noted_before && x.server->transaction_status == 'I' && x.pending.empty()) x.cache->forget();
    return writes ? effect::data_modifying : effect::none;
}

void note_effects_bind(exchange& x, effect remembered) {
    if (sql::has(remembered, effect::data_modifying) || !sql::has(remembered, effect::plain_read)) note_unknown_bind(x);
}

void mark_execute(exchange& x, effect flags, pending_request& entry) {
    if (x.cache == nullptr) return;
    entry.may_end_block = sql::has(flags, commits_inside);
    if (entry.may_end_block && !only_rolls_back(flags)) mark(x, entry);
}

void mark_sync(exchange& x, pending_request& entry) {
    if (x.cache != nullptr && outside_of_block(x)) mark(x, entry);
}

void mark_unknown(exchange& x, pending_request& entry) {
    if (x.cache == nullptr) return;
    note_unknown_bind(x);
    entry.may_end_block = true;
    mark(x, entry);
}

void bump_marked(exchange& x) {
    if (x.marks > 0) x.cache->bump();
}

void release_mark(exchange& x, pending_request& entry) {
    if (!std::exchange(entry.marked, false)) return;
    --x.marks;
    x.cache->unmark();
}

void bump_and_release(exchange& x, pending_request& entry) {
    if (entry.marked) x.cache->bump();
    release_mark(x, entry);
}

void cycle_ended(exchange& x, char status) {
    if (x.cache == nullptr) return;
    bump_marked(x);
    if (status != 'I') return;
    x.block_did_more = false;
    // What stands behind this in a pipeline has been noted already.
    if (x.pending.size() == 1 && x.cache->noted()) x.cache->forget();
}

void marks_lost(exchange& x, std::int32_t process_id) {
    if (x.cache == nullptr) return;
    for (std::size_t i = 0; i < x.pending.size(); ++i) x.pending.at(i).marked = false;
    if (std::exchange(x.marks, 0) > 0) x.cache->lost(process_id);
    x.cache->forget();
    x.block_did_more = false;
}

}  // namespace pgweir::session

#pragma once

#include <cstdint>
#ifdef PGWEIR_MUTANTS
#include <functional>
#endif

namespace pgweir::cache {

/// What a program would do that leaves out one rule of the cache's protocol (config/COHERENCE.md). A test build does it
/// when the environment variable PGWEIR_MUTANT is the name of one of these: whoever looks for stale reads has to find it
/// wrong. Only the preset `mutants` has any of this; elsewhere it compiles to nothing.
enum class mutant : std::uint8_t {
    no_marks,  ///< who is about to commit marks nothing
    no_bumps,  ///< stamps stay what they are
    late_bumps,  ///< they change some time after the writer was told of its commit, which marked nothing
    stamps_not_compared,
    stamps_after_query,  ///< an entry has the stamps of when it was stored
    joiners_ignore_stamps,  ///< who waits for a reply is given it, whatever was written since it was asked for
    first_relation_only,  ///< a reply depends on one of the relations that it was made from
    sessions_share,  ///< whatever their users and settings are
    doubts_forgotten,  ///< a server that was lost has done what it does
    unsettled,  ///< the cache is on as soon as the lock is had
    unmarked_while_off,  ///< a write that begins while the cache is off changes nothing
    guard_ignored,  ///< it serves whatever other pgweir do
    gate_ignored,  ///< it lends servers before the one that serves knows of it
    store_not_asked,  ///< what memory has is served as it stands, though others share a store
    store_not_marked,  ///< the store learns of a write when it is over
    store_not_bumped,  ///< the store keeps its stamps
    told_before_bump,  ///< a writer hears of its commit before the store does
};

#ifdef PGWEIR_MUTANTS
bool is(mutant which) noexcept;

/// `what` happens when catch_up() is called next.
void postpone(std::function<void()> what);
void catch_up();

/// Reads PGWEIR_MUTANT. Throws std::invalid_argument when there is no such mutant. Before there are other threads.
void read_mutant();
#else
constexpr bool is(mutant /*which*/) noexcept {
    return false;
}
template <class Function>
void postpone(Function&& /*what*/) {}
inline void catch_up() {}
inline void read_mutant() {}
#endif

}  // namespace pgweir::cache

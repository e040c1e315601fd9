#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "cache/admission.hpp"
#include "cache/entry.hpp"
#include "cache/flights.hpp"
#include "cache/memory_store.hpp"
#include "cache/settings.hpp"
#include "cache/shared_store.hpp"
#include "cache/stamp_table.hpp"
#include "cache/stored_reply.hpp"
#include "cache/write_set.hpp"
#include "metrics/cache_labels.hpp"

namespace pgweir::cache {

struct statistics {
    std::size_t entries = 0;
    std::size_t bytes = 0;
    std::size_t flights = 0;
    std::size_t waiting = 0;
    std::size_t marks = 0;
    std::uint64_t stored = 0;
    std::uint64_t stored_bytes = 0;  ///< of the replies alone
    std::uint64_t evictions = 0;
    std::uint64_t writes = 0;   ///< relations whose stamps were bumped for a write
    std::uint64_t expired = 0;
    std::uint64_t outdated = 0;  ///< entries found with other stamps
    std::uint64_t cleared = 0;   ///< entries, by operators
    std::uint64_t schema_changes = 0;
    metrics::enum_array<metrics::cache_rejection, std::uint64_t> rejections;
    metrics::enum_array<metrics::cache_audit, std::uint64_t> audits;
};

/// The result cache of one database in process memory: entries, the stamps that they are compared by, and the marks of
/// writers. Single-threaded: whoever shares it has a lock around it. What it guarantees, and why, is in ARCHITECTURE.md,
/// "The result cache"; tests/coherence has a model of it.
class result_cache {
public:
    using client_id = flights::client_id;
    using waiters = std::vector<client_id>;

    /// `seed`: clients cannot know it.
    result_cache(const settings& how, std::uint64_t seed, memory_store::hash_function hash = nullptr);

    // ---- reads ----

    /// An entry that may be served now. It is dropped when nobody may be served it any more.
    std::shared_ptr<const entry> find(std::string_view key, const asker& who);

    enum class start : std::uint8_t {
        fill,  ///< to be executed, and then complete() or abandon()
        joined,  ///< another client executes it: `who` is among the waiters that are returned when that has ended
        marked,  ///< somebody is about to change what it reads
        not_worth,  ///< it is not asked for often enough for what it costs
        stale,  ///< another client executes it; `old` may be served meanwhile
        switched_off,  ///< what is kept by its rule was found wrong
        busy,  ///< another client executes it, and it cannot be waited for
    };
    struct started {
        start how = start::busy;
        flights::flight_id flight = 0;
        std::shared_ptr<const entry> old{};
    };
    struct fill_request {
        std::string_view key{};
        std::span<const relation_id> depends_on{};
        std::uint32_t rule = 0;  ///< by which it is kept; 0: by none
        unsigned from_time = 1;  ///< that it is asked for: see worthwhile_from()
        bool may_wait = true;
        bool by_age = false;  ///< it is kept by its age alone
        asker who{};
        std::uint64_t wrote = 0;  ///< next_turn() after that client's last write; 0: it has not written
        bool anew = false;  ///< what is executed now is not kept, as that began before
    };
    /// What is found to hold from here on holds what was written before.
    std::uint64_t next_turn() noexcept { return ++turn_; }
    std::uint64_t turn() const noexcept { return turn_; }
    /// Nothing while a change is under way, or a store that others share has not told.
    std::optional<moment> current_moment();
    /// After find() had none. The stamps are taken here, before the statement is executed.
    started begin(fill_request what, client_id who);

    /// Keeps the reply, unless what it depends on was dropped meanwhile. `what` has no key and no dependencies yet.
    [[nodiscard]] waiters complete(flights::flight_id which, entry what);
    [[nodiscard]] waiters abandon(flights::flight_id which,
                                  metrics::cache_rejection why = metrics::cache_rejection::incomplete);
    void leave(client_id who) { flights_.leave(who); }

    // ---- what a store says that others share: before find() or begin(), under the same lock ----

    /// `stamps`: whole_database's, and then one for each of `relations`.
    void observe(std::span<const relation_id> relations, std::span<const shared_stamp> stamps);
    /// What is kept, whether it may be served or not; it counts as asked for.
    std::shared_ptr<const entry> peek(std::string_view key);
    /// Somebody here executes it.
    bool is_under_way(std::string_view key) const { return flights_.find(key) != nullptr; }
    /// Whether it is asked for often enough that the store should be asked, too.
    bool admits(std::string_view key, unsigned from_time) {
        return from_time <= 1 || admission_.count(key) >= from_time;
    }
    /// Keeps what another pgweir has stored, if it depends on nothing but `relations`. `what` has no key yet.
    void adopt(std::string_view key, std::span<const relation_id> relations, const stored_reply& stored, entry what);

    // ---- writes ----

    /// Nothing that depends on `what` is served or kept from here on, until unmark().
    void mark(const write_set& what);
    void unmark(const write_set& what);
    void bump(const write_set& what);

    // ---- audits ----

    /// What is kept by a rule that was found wrong is not served or kept any more. 0: what no rule is about.
    void audited(metrics::cache_audit found, std::uint32_t rule);
    bool is_switched_off(std::uint32_t rule) const noexcept {
        return rule < switched_off_.size() && switched_off_[rule];
    }

    // ---- operators ----

    /// See clearing.hpp. Nothing that depends on these is served from here on, nor what is under way kept.
    std::vector<const stamp_table::cell*> outdate_all();
    std::vector<const stamp_table::cell*> outdate(std::span<const relation_id> relations);
    std::vector<const stamp_table::cell*> outdate_rule(std::uint32_t number);
    void count_cleared(std::size_t entries) { counted_.cleared += entries; }
    /// Nothing is known any more, and flights under way are not kept. Marks stay.
    [[nodiscard]] waiters forget();
    /// The same, since the catalogs say something else.
    [[nodiscard]] waiters schema_changed() {
        ++counted_.schema_changes;
        return forget();
    }

    statistics look() const;
    memory_store& entries() noexcept { return store_; }
    std::uint64_t hits_of_rule(std::uint32_t number) const {
        return number < hits_by_rule_.size() ? hits_by_rule_[number] : 0;
    }

private:
    void change_stamps(const write_set& what);
    void drop_all();
    waiters reject(metrics::cache_rejection why, waiters woken) {
        ++counted_.rejections[why];
        return woken;
    }
    static bool may_rest(const memory_store::slot& which, const asker& who);
    void note_held(memory_store::slot& which, const asker& who) const;
    bool may_be_stale(const memory_store::slot& which, base::time_point now) const;
    std::shared_ptr<const entry> find_stale(const fill_request& what);
    bool depend(const fill_request& what, std::vector<dependency>& on);
    void count_hit(memory_store::slot& which);
    template <class Function>
    void for_each_cell(const write_set& what, Function&& apply);

    settings how_;
    stamp_table stamps_;
    std::uint64_t drops_ = 0;
    memory_store store_;
    flights flights_;
    admission admission_;
    statistics counted_;
    std::vector<std::uint64_t> hits_by_rule_;
    std::vector<bool> switched_off_;  // by rule
    std::uint64_t turn_ = 0;  // what is behind a client's write, or an operator's, is in a later one
    std::uint64_t cleared_turn_ = 0;
};

}  // namespace pgweir::cache

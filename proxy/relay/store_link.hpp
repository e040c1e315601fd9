#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/published.hpp"
#include "base/shared_counter.hpp"
#include "base/time.hpp"
#include "cache/entry.hpp"
#include "cache/mutants.hpp"
#include "cache/shared_store.hpp"
#include "metrics/pool_counters.hpp"
#include "relay/cache_domain.hpp"

namespace pgweir::relay {

/// One client's dealings with the store that several pgweirs share. What is asked for is there when `wake` was called;
/// what is marked or bumped the client's servers, or the client, wait for: the shell sends nothing while this holds it.
/// On the client's worker.
class store_link {
public:
    /// All of it outlives the link.
    struct parts {
        cache::shared_store& store;
        cache_domain& domain;
        base::shared_counter& schema;  ///< changes of the schema that were seen
        metrics::pool_counters& counters;
    };

    /// `widen`: what names mean has changed since what this writer has marked was noted. It may write anything.
    store_link(const parts& with, std::function<void()> wake, std::function<void(const std::string& writer)> widen);
    ~store_link();
    store_link(const store_link&) = delete;
    store_link& operator=(const store_link&) = delete;

    // ---- reads ----

    /// What is served may be compared with the store, and what was written before was told to it.
    bool is_reachable() const { return with_.store.is_reachable() && !with_.domain.has_missed(); }

    struct question {
        std::string key;  ///< in this process
        std::string stored;  ///< in the store; empty: what memory has is only compared
        std::vector<cache::relation_id> relations;
        std::uint32_t rule = 0;  ///< by which it is kept
        base::duration usual{};  ///< cache::lifetime
        cache::asker who;
        bool lease = false;  ///< to be executed here if nobody else does
    };
    struct outcome {
        bool failed = false;  ///< nothing is known
        bool searched = false;  ///< the store has none that holds, either
        bool is_complete = false;  ///< every relation has a stamp
        bool leased = false;  ///< nobody else executes it: to be released
        bool leased_to_another = false;  ///< who executes it
        std::shared_ptr<const cache::entry> found;  ///< may be served
        std::optional<cache::moment> at;  ///< when it was found
    };
    /// Looks at the stamps, and in the store if memory has nothing. False when that failed at once.
    bool ask(question what, base::time_point now);
    bool waits() const noexcept { return asked_ != nullptr && !asked_->told; }
    /// What was found, once, if it was asked for this.
    std::optional<outcome> take(std::string_view key);
    /// Nobody waits for it any more.
    void forget();

    /// Says on this thread, whatever becomes of the link, whether what memory has still holds by the store's stamps.
    void check(std::shared_ptr<const cache::entry> what, base::time_point now, std::function<void(bool)> told);

    void keep(const cache::entry& what, std::string_view stored_key, base::time_point now);
    void release(std::string_view stored_key) { with_.store.release(database(), stored_key, with_.domain.holder()); }

    // ---- writes ----

    /// Returns the writer, for unmark(); none, when nothing was marked. `process_id`: the backend's. `noted_in`: the
    /// count of changes of the schema when its first was noted.
    std::string mark(const cache::write_set& what, std::int32_t process_id, std::uint64_t noted_in);
    /// `schema`: the catalogs may say something else.
    void bump(const cache::write_set& what, bool schema);
    void unmark(const std::string& writer, const cache::write_set& what);

    /// Marks that are not acknowledged: what is behind them may not be sent to the server.
    bool holds_server() const noexcept { return waiting_->marks > 0; }
    /// Bumps that are not acknowledged: the client may not be told.
    bool holds_client() const noexcept { return waiting_->bumps > 0 && !is(cache::mutant::told_before_bump); }

private:
    struct lookup {
        question what;
        base::time_point at{};
        store_link* owner = nullptr;  ///< null: nobody waits for it
        bool told = false;
        outcome found;
        std::shared_ptr<const cache::entry> checked;
        std::function<void(bool)> tell;  ///< whether that holds
    };
    /// Outlives the link, for answers that come when it has gone.
    struct acknowledgements {
        explicit acknowledgements(metrics::pool_counters& of) : counters(of) {}
        /// Of marks or bumps: one more is awaited, or has come.
        void expect(std::size_t& which);
        void came(std::size_t& which);

        metrics::pool_counters& counters;
        store_link* owner = nullptr;
        std::size_t marks = 0;
        std::size_t bumps = 0;
        base::time_point since{};  ///< that something is awaited
    };

    void send(const std::shared_ptr<lookup>& asked);
    static void answered(lookup& of, cache_domain& domain, base::shared_counter& schema,
                         const base::result<cache::store_answer>& told);
    static void adopt(const question& what, cache::result_cache& memory, const cache::store_answer& told,
                      base::time_point now);
    static bool names_changed(const parts& with, std::string_view database, cache::stamp catalogs,
                              std::uint64_t noted_in);
    static void bump(const parts& with, const std::shared_ptr<acknowledgements>& waiting,
                     const std::shared_ptr<const std::string>& database, const cache::write_set& what);
    std::string_view database();

    parts with_;
    std::function<void()> wake_;
    std::function<void(const std::string&)> widen_;
    std::shared_ptr<lookup> asked_;
    std::shared_ptr<acknowledgements> waiting_;
    base::published<std::string>::copy name_;
};

}  // namespace pgweir::relay

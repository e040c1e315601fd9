#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/interner.hpp"
#include "base/published.hpp"
#include "cache/result_cache.hpp"
#include "metrics/snapshot.hpp"
#include "session/cache_guard.hpp"

namespace pgweir::relay {

/// What a transaction may have changed, and who has marked it in a store that others share; empty: nobody there.
struct marked_write {
    cache::write_set what;
    std::string writer;
};

/// The result cache of one PostgreSQL database, for all pools and workers that lead to it. Lives until the process ends.
/// Any thread.
class cache_domain {
public:
    /// Tells a client, on its worker, that what it waited for has moved.
    using wake = std::function<void(std::uint64_t client)>;

    /// `seed`: clients cannot know it.
    cache_domain(std::string name, const cache::settings& how, std::uint64_t seed, wake to_clients);

    const std::string& name() const noexcept { return name_; }
    const cache::settings& settings() const noexcept { return settings_; }

    /// Entries may be served. Who holds mutex() and then sees it may serve what stands in the cache at that moment.
    bool serves() const noexcept { return serves_.load(std::memory_order_acquire); }
    /// The same of what is kept by its age alone, whoever else writes.
    bool serves_by_age() const noexcept { return serves_by_age_.load(std::memory_order_acquire); }
    metrics::cache_bypass why_not() const noexcept { return why_not_.load(std::memory_order_relaxed); }

    std::mutex& mutex() noexcept { return mutex_; }
    /// Under mutex().
    cache::result_cache& store() noexcept { return store_; }
    /// Under mutex(). Entries know settings by number; as long as this knows them the number is theirs.
    void keep_context(const base::interned& context);
    /// Under mutex(). session::exchange::identity() of that number; empty when it is not known any more.
    std::string_view context(std::uint64_t number) const {
        const auto found = contexts_.find(number);
        return found == contexts_.end() ? std::string_view() : found->second.text();
    }

    /// Which rules may be about a user's reads, as a number: equal for users about whom the same rules are.
    std::uint32_t rules_about(const std::string& user);

    metrics::cache_snapshot look();

    /// Without mutex().
    void wake_all(const std::vector<std::uint64_t>& clients) const {
        for (const std::uint64_t each : clients) wake_(each);
    }

    // ---- what only a store has that others share ----

    bool is_shared() const noexcept { return settings_.is_shared(); }
    /// As it is called there. Nothing as long as the guard does not know.
    const base::published<std::string>& store_name() const noexcept { return store_name_; }
    void name_in_store(std::string name);
    /// Unique for ever.
    std::string new_writer();
    /// Of leases: one for all who can wait for each other here. Unique for ever, too.
    const std::string& holder() const noexcept { return writer_prefix_; }
    /// The store could not be told of a write. Until it was nothing is served.
    void missed(marked_write what);
    /// The same for what an operator wants gone.
    void outdate_in_store(cache::write_set what);
    bool has_missed() const noexcept { return missed_count_.load(std::memory_order_acquire) > 0; }
    /// For the keeper, which says by told() what became of them before it asks again.
    std::vector<marked_write> missed_writes();
    void told(bool worked);
    /// True when the stamp of the catalogs is another one than before.
    bool saw_catalogs(cache::stamp now) noexcept {
        return now != cache::no_stamp && catalogs_.exchange(now, std::memory_order_relaxed) != now;
    }
    /// Relations that were found marked when nobody here has, and again after `patience`.
    void saw_marks(std::span<const cache::relation_id> relations, std::span<const cache::shared_stamp> stamps,
                   base::time_point now);
    std::vector<cache::relation_id> long_marked(base::time_point now, base::duration patience);

    /// True when it was called before.
    bool take_keeper() noexcept { return kept_.exchange(true); }

    // ---- what the guard says: on the first worker ----

    void guard_says(bool alone, metrics::cache_bypass why_not);
    /// Whether every other pgweir knows which store is asked here: not since that is another one, a new primary say.
    void others_know_the_store(bool do_they) noexcept { known_store_.store(do_they, std::memory_order_release); }
    bool others_know_the_store() const noexcept { return known_store_.load(std::memory_order_acquire); }
    /// Servers may be lent: who serves from memory alone knows of us. False: `client` is woken when they may.
    bool may_lend(std::uint64_t client);
    bool lends() const noexcept { return gate_open_.load(std::memory_order_acquire); }
    void open_gate();
    void close_gate() noexcept { gate_open_.store(false, std::memory_order_release); }
    /// The catalogs say something else than before: what is kept may depend on what they said.
    void schema_changed();
    /// The upstream of its pools has changed: it never serves again.
    void retire();

    /// A server was lost when what it may have committed was marked. The marks stay until its process has ended.
    void in_doubt(std::int32_t process_id, std::vector<marked_write> marked);
    void set_watcher(std::function<void(std::int32_t process_id)> watch);
    /// Returns what they have left.
    std::vector<marked_write> ended(const std::vector<std::int32_t>& processes);

private:
    void tell_log(bool serve, metrics::cache_bypass why_not);
    void forget();
    void to_be_told(marked_write what);
    std::vector<marked_write> settle_doubts(std::int32_t process_id);

    std::string name_;
    cache::settings settings_;
    wake wake_;
    std::mutex mutex_;
    cache::result_cache store_;
    std::unordered_map<std::uint64_t, base::interned> contexts_;
    std::vector<std::vector<bool>> rules_about_;  ///< of users, by their number
    std::vector<std::uint64_t> held_back_;  ///< clients, until servers may be lent
    std::unordered_map<std::int32_t, std::vector<marked_write>> doubts_;
    std::function<void(std::int32_t)> watch_;
    base::published<std::string> store_name_;
    std::string writer_prefix_;
    std::deque<marked_write> missed_;
    std::size_t being_told_ = 0;  ///< the first so many of them
    bool writes_missed_ = false;  ///< some of them, as the log says
    std::unordered_map<cache::relation_id, base::time_point> marked_since_;
    std::atomic<std::uint64_t> writers_{0};
    std::atomic<std::size_t> missed_count_{0};
    std::atomic<cache::stamp> catalogs_{cache::no_stamp};
    bool retired_ = false;
    std::atomic<bool> serves_{false};
    std::atomic<bool> serves_by_age_;
    std::atomic<bool> gate_open_{false};
    std::atomic<bool> known_store_{true};
    std::atomic<bool> kept_{false};
    std::atomic<metrics::cache_bypass> why_not_{metrics::cache_bypass::starting};
    metrics::cache_bypass told_ = metrics::cache_bypass::starting;  ///< by the log, of why it does not serve
};

}  // namespace pgweir::relay

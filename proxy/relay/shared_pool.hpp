#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "auth/server_login.hpp"
#include "base/published.hpp"
#include "base/shared_counter.hpp"
#include "catalog/reading_times.hpp"
#include "catalog/schema_map.hpp"
#include "metrics/pool_counters.hpp"
#include "pool/server_pool.hpp"
#include "relay/greeting.hpp"
#include "relay/settings.hpp"
#include "session/outcome.hpp"
#include "session/parameters.hpp"
#include "session/pins.hpp"
#include "session/server_state.hpp"
#include "session/setting_memo.hpp"
#include "sql/suspects.hpp"
#include "upstream/server.hpp"

namespace pgweir::relay {

class cache_domain;

/// One pool as all workers see it: the servers of one (database, server user), what they are opened with, and what
/// new clients are greeted with. Lives until the process ends. Everything but names and mode is used under the
/// directory's mutex; counters and what is known of settings belong to one worker each.
class shared_pool final : public upstream::server_owner {
public:
    shared_pool(std::string database, std::string user, std::shared_ptr<const database_settings> how,
                auth::credentials secret, std::uint32_t workers, pool::database_budget* budget);

    const std::string& database() const noexcept { return database_; }
    const std::string& user() const noexcept { return user_; }
    /// What statements of this pool's clients belong to: no other pool has the same.
    const std::string& scope() const noexcept { return scope_; }
    bool shares_servers() const noexcept { return shares_servers_; }
    metrics::pool_counters& counters(std::uint32_t worker) noexcept { return counters_[worker]; }
    session::setting_memo& known_settings(std::uint32_t worker) noexcept { return known_settings_[worker]; }
    /// What the database's own functions may do to sessions. Where servers are not shared, nothing is ever published.
    base::published<sql::suspects> routines;
    /// What the catalogs say; null: not known.
    base::published<catalog::schema_map> schema_map;
    /// What a server that was opened last has for an untouched session: session::server_state::parse_context.
    base::published<std::string> parse_context;

    /// Clients that keep their server between transactions now. Any thread.
    std::atomic<std::uint32_t> pinned{0};

    /// Null: nothing of this pool is cached. Never changes to another one.
    cache_domain* cache() const noexcept { return cache_; }
    void use_cache(cache_domain& of_database) noexcept { cache_ = &of_database; }

    // ---- under the directory's mutex ----

    /// What new servers are opened by, and new clients served by. Never null.
    const std::shared_ptr<const database_settings>& settings() const noexcept { return settings_; }
    /// False when no new client comes here, since a reload.
    bool in_use() const noexcept { return in_use_; }
    /// After a reload. Null: this pool is left to the clients it has. Returns idle servers to close.
    [[nodiscard]] std::vector<std::unique_ptr<pool::member>> reconfigure(std::shared_ptr<const database_settings> how,
                                                                         base::time_point now);

    pool::server_pool servers;
    auth::credentials credentials;  ///< refreshed by every client that logs in with a secret of its own
    catalog::reading_times reading;
    /// What new sessions are given by ALTER ROLE and ALTER DATABASE, by the stamp that was seen last, and where.
    struct {
        std::string stamp;
        std::string of;  ///< the server's address
    } role_settings;
    /// Why the last connect failed, for clients that it fails.
    std::optional<session::failure> last_failure;

    /// What a client is told at login; null when no server has said it yet. `startup` without application_name.
    std::shared_ptr<const named_greeting> find_greeting(base::interner& texts, const session::parameters& startup,
                                                        const std::string& application_name);
    /// Whether no client of this user was pinned for this reason before, as far as it is remembered.
    bool first_pin(const std::string& user, metrics::pin_reason why);
    /// Sessions of this user and application ask what was drawn from sequences: so will later ones. As far as it is
    /// remembered.
    void remember_sequences(const std::string& user, const std::string& application);
    bool asks_sequences(const std::string& user, const std::string& application) const;
    std::size_t greetings_known() const noexcept { return greetings_.size(); }
    void remember_greeting(const session::parameters& startup, greeting what);
    /// A server was opened: its ParameterStatus set is the newest truth about versions and defaults.
    void server_opened(const session::server_state& state);
    /// New sessions begin with other settings than those of the servers that there are. Returns idle servers to close.
    [[nodiscard]] std::vector<std::unique_ptr<pool::member>> replace_servers(base::time_point now);

private:
    void forget_servers();

    struct known_greeting {
        session::parameters startup;
        greeting told;
        std::map<std::string, std::shared_ptr<const named_greeting>> by_name;
    };

    std::string database_;
    std::string user_;
    std::string scope_;
    std::shared_ptr<const database_settings> settings_;
    bool shares_servers_;
    bool in_use_ = true;
    cache_domain* cache_ = nullptr;
    std::deque<metrics::pool_counters> counters_;
    base::shared_counter servers_changed_;  ///< to those of another upstream, version or configuration
    std::deque<session::setting_memo> known_settings_;
    std::map<std::string, session::pin_set, std::less<>> pins_seen_;
    std::set<std::pair<std::string, std::string>> sequences_asked_;  ///< user and application
    std::map<const void*, known_greeting> greetings_;
};

/// The pool that a server of the pools belongs to.
inline shared_pool& pool_of(const upstream::server& server) {
    return static_cast<shared_pool&>(server.owner());
}

/// What the pools have as their member.
inline std::unique_ptr<upstream::server> as_server(std::unique_ptr<pool::member> member) {
    return std::unique_ptr<upstream::server>(static_cast<upstream::server*>(member.release()));
}

}  // namespace pgweir::relay

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/interner.hpp"
#include "base/published.hpp"
#include "base/shared_counter.hpp"
#include "cache/audit.hpp"
#include "cache/lifetime.hpp"
#include "cache/look_choice.hpp"
#include "cache/result_cache.hpp"
#include "catalog/schema_map.hpp"
#include "metrics/pool_counters.hpp"
#include "relay/cache_domain.hpp"
#include "relay/shared_pool.hpp"
#include "relay/statement_judge.hpp"
#include "relay/store_link.hpp"
#include "session/result_cache.hpp"
#include "session/server_state.hpp"

namespace pgweir::relay {

/// One client's way to the cache of its database. On the client's worker.
class cache_link final : public session::result_cache {
public:
    struct parts {
        cache_domain& domain;
        shared_pool& pool;
        statement_judge& judge;
        base::shared_counter& schema;  ///< changes of the schema that were seen
        cache::audit_choice& audits;
        cache::look_choice& looks;
        base::interner& texts;
        metrics::pool_counters& counters;  ///< of the client's pool and worker
        cache::shared_store* store = nullptr;  ///< null: process memory is all there is
    };

    /// `wake`: what the client, or its server, waited for has come from the shared store.
    cache_link(const parts& with, std::uint64_t client, std::string user, std::function<void()> wake);
    ~cache_link();
    cache_link(const cache_link&) = delete;
    cache_link& operator=(const cache_link&) = delete;

    cache_domain& domain() noexcept { return with_.domain; }

    /// The server that is lent to the client: what is noted is executed on it. Not looked at when there is none.
    void use_server(const session::server_state* lent) noexcept { server_ = lent; }
    /// It has waited long enough: the next ask() says so.
    void give_up_waiting();
    /// When it is to be looked again whether another pgweir has executed what it waits for; base::never: it does not wait
    /// for one.
    base::time_point next_look() const noexcept { return next_look_; }
    void look_again() noexcept { next_look_ = base::never; }

    /// What is written to the server may not leave, what is said to the client may not: see store_link.
    bool holds_server() const noexcept { return store_ && store_->holds_server(); }
    bool holds_client() const noexcept { return store_ && store_->holds_client(); }

    std::uint32_t rules() const override { return rules_; }
    bool takes_hints() const override { return with_.domain.settings().hints != cache::hints::off; }
    bool serves() const override {
        return with_.pool.shares_servers() && (with_.domain.serves() || with_.domain.serves_by_age());
    }
    std::optional<metrics::cache_bypass> why_not() const override {
        if (!with_.pool.shares_servers() || with_.domain.settings().mode == cache::mode::off) return std::nullopt;
        return with_.domain.why_not();
    }
    bool is_worth_asking(std::string_view text) override { return with_.looks.takes(text); }
    session::cache_answer ask(const session::cache_question& what, base::time_point now) override;
    void filled(session::captured_reply reply, base::time_point now) override;
    void not_filled() override { give_up(metrics::cache_rejection::incomplete); }
    std::size_t largest_reply() const override;
    bool reads_committed(const session::parameters& settings) const override;

    bool note(std::string_view text, const session::parameters& settings) override;
    void note_anything() override {
        note_schema();
        noted_.add(true, {});
    }
    bool noted() const override { return !noted_.empty(); }
    void forget() override { noted_.clear(); }
    void mark() override;
    void bump(bool schema) override;
    void unmark() override;
    void lost(std::int32_t process_id) override;

private:
    void note_schema() {
        if (noted_.empty()) noted_in_ = with_.schema.get();
    }
    std::string_view pool_context() const;
    /// Valid until the next call.
    const statement_judge::scope_pointer& scope(std::string_view context, const session::parameters& settings);
    bool is_for_all_users(const session::cache_question& what);
    bool looks_into_one_schema() const;
    const base::interned& without_user(const base::interned& own);
    /// `what`: as its reply is kept, for this user or for all.
    session::cache_answer ask_as(const session::cache_question& what, base::time_point now);
    // Nothing: nobody has it.
    std::optional<session::cache_answer> look(const session::cache_question& what, base::time_point now);
    std::optional<session::cache_answer> look_in_store(const session::cache_question& what, base::time_point now);
    std::optional<session::cache_answer> compare(const session::cache_question& what, base::time_point now);
    std::optional<session::cache_answer> search(const session::cache_question& what, bool known, base::time_point now);
    /// What may be served without asking a store.
    std::optional<session::cache_answer> look_unasked(const session::cache_question& what, base::time_point now);

    /// What nobody has: by this client, if nobody executes it already.
    session::cache_answer execute(const session::cache_question& what, base::time_point now);
    session::cache_answer ask_store(store_link::question what, base::time_point now);
    /// What was found is an answer to this.
    static bool fits(const session::cache_question& what, const std::shared_ptr<const cache::entry>& found);
    /// The user may be given what was found at that moment.
    bool may_see(const std::optional<cache::moment>& at) const;
    /// By a hit, or, now and then, by an audit.
    session::cache_answer serve(const session::cache_question& what, std::shared_ptr<const cache::entry> found);
    bool is_seen_whole(const cache::entry& kept) const;
    static session::cache_answer hit(std::shared_ptr<const cache::entry> found);
    /// What the statement reads, or why it is neither served nor kept.
    const statement_judge::verdict* judge(const session::cache_question& what, metrics::cache_bypass& why_not);
    session::cache_answer wait_for_another(base::time_point now);
    void drop_lease(std::string_view key);
    /// How often it has to be asked for before it is kept.
    unsigned needed(const statement_judge::verdict& found) const;
    void note_look(const session::cache_question& what, const statement_judge::verdict& found);
    std::string stored_key(const session::cache_question& what) const;
    session::cache_answer begin(const session::cache_question& what, const statement_judge::verdict& found,
                                base::time_point now);
    cache::asker asker(const session::cache_question& what, base::time_point now) const {
        return cache::asker_of(with_.domain.settings(), what.hint, now);
    }
    std::int32_t process_id() const noexcept { return server_ != nullptr ? server_->process_id : 0; }
    void widen(const std::string& writer);
    /// `why`: what is executed is not kept.
    void give_up(metrics::cache_rejection why);
    void end_flight(cache::entry& reply, base::time_point now);
    void abandon_flight(metrics::cache_rejection why);
    void release_lease();
    /// The server that is lent is one of those that the pool opens now.
    bool is_of_now() const;

    struct audit {
        std::shared_ptr<const cache::entry> kept;
        std::string statement;
        bool varies = false;
        std::vector<sql::sort_column> sorted_by;
        metrics::cache_audit seen = metrics::cache_audit::unknown;
        cache::reply_print found{};  ///< what the server said
    };
    session::cache_answer begin_audit(const session::cache_question& what, std::shared_ptr<const cache::entry> kept);
    /// `reply`: null, when there is none.
    void end_audit(const session::captured_reply* reply, base::time_point now);
    static void settle(cache_domain& domain, const audit& done);

    parts with_;
    std::uint64_t client_;
    std::string user_;
    std::uint32_t rules_;
    bool shares_;  ///< some rule keeps replies for all users
    const session::server_state* server_ = nullptr;
    mutable base::published<std::string>::copy context_;
    base::published<catalog::schema_map>::copy map_;

    // Whether it reads committed, found out last, and of what.
    mutable session::parameters isolation_of_;
    mutable std::shared_ptr<const std::string> isolation_by_;
    mutable bool reads_committed_ = false;

    // The scope worked out last, and for what.
    statement_judge::scope_pointer scope_;
    session::parameters scope_settings_;
    std::string scope_context_;

    // A reply that all users share is asked for.
    std::shared_ptr<statement_judge::experience> shared_shape_;  ///< null: it is this user's own
    std::uint32_t shared_rule_ = 0;
    std::string shared_key_;
    /// Settings without a user, worked out last, and for what.
    struct context_of_all {
        base::interned own;
        statement_judge::scope_pointer scope;
        std::shared_ptr<const std::string> defaults;
        std::uint32_t rule = 0;
        base::interned context;
    };
    context_of_all of_all_;
    /// A reply for all is executed: questions behind it in a pipeline come before its end.
    struct flight_for_all {
        std::shared_ptr<const std::string> defaults;
        std::optional<cache::moment> began;
    };
    std::optional<flight_for_all> filled_for_all_;

    cache::flights::flight_id flight_ = 0;  ///< that the conversation executes
    std::shared_ptr<statement_judge::experience> filled_shape_;
    std::optional<audit> audit_;  ///< that the conversation executes
    cache::lifetime lifetime_;
    std::uint32_t rule_ = 0;
    bool wrote_ = false;  ///< since last_write_ was set
    std::uint64_t last_write_ = 0;  ///< result_cache::next_turn() behind it
    bool waits_ = false;
    bool joined_ = false;  ///< what it waits for another client executes
    bool gave_up_ = false;
    std::optional<store_link> store_;
    std::string filled_key_;  ///< of the flight, where there is a store
    std::string stored_key_;
    bool leased_ = false;  ///< nobody else executes stored_key_
    base::time_point next_look_ = base::never;
    base::duration look_pause_{};  ///< before that; zero: it waits for no other pgweir
    cache::write_set noted_;
    std::uint64_t noted_in_ = 0;  ///< of which schema its first was noted
    std::deque<marked_write> marked_;
};

}  // namespace pgweir::relay

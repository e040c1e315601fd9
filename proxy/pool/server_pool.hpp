#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "pool/connect_pace.hpp"
#include "pool/idle_stack.hpp"
#include "pool/member.hpp"
#include "pool/settings.hpp"
#include "pool/sizing.hpp"
#include "pool/slot.hpp"
#include "pool/snapshot.hpp"
#include "pool/usage.hpp"
#include "pool/wait_queue.hpp"
#include "pool/waiter.hpp"

namespace pgweir::pool {

class database_budget;

/// Why a server connection could not be opened.
enum class connect_failure {
    unreachable,       ///< no TCP connection, or it broke before the login was done
    timed_out,         ///< upstream's connect_timeout
    starting_up,       ///< 57P03: PostgreSQL starts, stops or recovers
    refused_by_limit,  ///< 53300: max_connections, or the role's or database's CONNECTION LIMIT
    login_rejected,    ///< any other error of the server's: wrong password, no such database, ...
};

/// The answer to acquire().
struct acquisition {
    enum class kind {
        granted,   ///< `server` is lent to the waiter
        queued,    ///< a handover will name it, or it leaves by abandon() or as one to fail
        rejected,  ///< the queue is full
    };
    acquisition::kind what;
    std::unique_ptr<member> server;
};

/// What becomes of a server that is free. With `to`: it is lent to this waiter, which has left the queue. Without
/// `to`, but with `server`: the caller closes it. With neither: the pool kept it.
struct handover {
    waiter* to = nullptr;
    std::unique_ptr<member> server;

    bool must_close() const noexcept { return to == nullptr && server != nullptr; }
};

/// The servers of one (database, server user) and the clients that wait for one: a strict queue with direct handoff.
///
/// All calls are made under one lock that the shell holds for all pools. A waiter* in an answer is sure to live only
/// until that lock is released, unless it belongs to the calling worker: what it needs is put into it, or posted to its
/// worker, under the same lock.
///
/// `now` is the worker's clock of this tick; it may be a little behind that of the previous caller.
///
/// The shell's duty after any call, and after it destroyed a member or a slot: open what begin_connect() offers, and
/// call tend() when next_event() comes. Nothing else starts connects.
///
/// What is always true: nobody waits while a server is idle; a lent server is on nobody else's list; clients of one
/// worker are served in the order they came, and one of another worker by at most overtake_limit out of it.
class server_pool {
public:
    /// `shared` counts over all pools of the database; may be null.
    server_pool(const settings& how, std::string name, database_budget* shared = nullptr);
    server_pool(const server_pool&) = delete;
    server_pool& operator=(const server_pool&) = delete;
    /// Waiters still queued are unlinked. Members that are lent may outlive the pool.
    ~server_pool();

    const std::string& name() const noexcept { return name_; }
    const settings& current_settings() const noexcept { return settings_; }

    // ---- clients ----

    /// Asks for a server. Most recently used first; see idle_stack for the choice. Behind anybody who waits already.
    acquisition acquire(waiter& who, base::time_point now);

    /// As acquire(), for a client whose server turned out to be dead before it did anything for it: the client keeps
    /// its turn and its deadline, and is never rejected. Give the dead one back first (doomed).
    acquisition reacquire(waiter& who, base::time_point now);

    /// It died, was cancelled or timed out: it leaves the queue at once. No effect if it is not queued any more; then
    /// a server was handed to it, and comes back by give_back().
    void abandon(waiter& who, base::time_point now);

    /// Takes everybody out of the queue (shutdown, the database was removed).
    std::vector<waiter*> dismiss_waiters(base::time_point now);

    /// Clients logged in to this pool, working or not: min_idle holds while there is one. A shell that does not call
    /// these still has min_idle for server_idle_timeout after the pool's last use.
    void client_arrived(base::time_point now);
    void client_left(base::time_point now);

    /// Opens one server though nobody asks for it, and tries until that has succeeded: then it is known that the pool
    /// can be used, and what its clients are greeted with.
    void try_out(base::time_point now);
    bool trying_out() const noexcept { return trying_out_; }
    /// No new client will come: no server is opened any more but for those that wait. set_settings() ends this.
    void leave_to_its_clients(base::time_point now);

    // ---- servers that are lent ----

    /// The server is free: at `I`, with nothing pending and no pin; or doomed. Every lent server ends here, also a
    /// broken one. (One that is destroyed instead frees its place, but is counted as busy until the next call.)
    handover give_back(std::unique_ptr<member> server, base::time_point now);

    // ---- counting PostgreSQL's places ----

    /// It is time to ask on a server of this pool how many places PostgreSQL has. A pool with one server has none to
    /// give up.
    bool count_due(base::time_point now) const noexcept { return open() > 1 && now >= count_at_; }
    /// An idle server of this worker is lent for asking, if there is one: when it is given back it has not been used.
    std::unique_ptr<member> lend_for_question(std::uint32_t worker, base::time_point now);
    /// A server is being asked: this one, or one that was about to be given back.
    void count_started(base::time_point now, std::uint64_t entropy) noexcept;
    void places_counted(std::int64_t free, base::time_point now);

    /// A server on its way to another worker is lent; this only makes it visible.
    void handoff_started() noexcept { ++handoffs_; }
    void handoff_finished() noexcept { --handoffs_; }

    // ---- cancel requests ----

    /// A cancel request for this server is about to be sent. The caller has made sure, under the same lock, that it is
    /// lent to the client concerned: from here on it is not lent to anybody else.
    /// What is asked on this server now might be cancelled.
    bool is_being_cancelled(std::uint64_t member_id) const { return !cancels_.empty() && cancels_.contains(member_id); }
    void cancel_started(std::uint64_t member_id) { ++cancels_[member_id].in_flight; }

    /// The cancel connection saw EOF, so the request has had its effect, or was never sent. The last one frees a
    /// server in limbo.
    handover cancel_finished(std::uint64_t member_id, base::time_point now);

    /// The cancel connection ended otherwise: the request may still strike. The server is closed: now, if it is in
    /// limbo, else when it is given back.
    handover cancel_lost(std::uint64_t member_id, base::time_point now);

    // ---- connects ----

    /// How many connects to start now: for clients that no connect in flight will serve, and for min_idle; as far as
    /// sizes, connect_burst and the pace after failures allow.
    std::uint32_t connects_wanted(base::time_point now) const;

    /// Empty if connects_wanted() is 0. Ends by connected(), or by destroying the slot and calling connect_failed().
    slot begin_connect(base::time_point now);

    /// The oldest waiter, for choosing the worker that opens a server; null if nobody waits.
    const waiter* oldest_waiter() const noexcept { return queue_.oldest(); }

    /// Logged in and ready; it holds the slot of begin_connect().
    handover connected(std::unique_ptr<member> server, base::time_point now);

    /// To be called after the slot was destroyed. Returns the clients that this fails, out of the queue already: all of
    /// them if the login was rejected and no server of the pool lives, else none. They go on waiting until their
    /// deadline; connects are retried at a slower pace.
    std::vector<waiter*> connect_failed(connect_failure why, base::time_point now, std::uint64_t entropy);

    // ---- time ----

    /// The earliest time when tend() or connects_wanted() will have something to do that they have not now; may be in
    /// the past, base::never if there is none. Ask again after each call.
    base::time_point next_event() const;

    /// Does what is due; returns servers to close (with a shared budget, possibly of another pool).
    [[nodiscard]] std::vector<std::unique_ptr<member>> tend(base::time_point now);

    /// Takes out an idle server that reported EOF or spoke without being asked, or whose socket failed: to be closed.
    /// Also one in limbo. Null if it is lent or unknown by now: a late event is harmless.
    std::unique_ptr<member> take_idle(std::uint64_t member_id, base::time_point now);

    /// Every server open or being opened is replaced (new address, RECONNECT, shutdown): returns the idle ones to
    /// close; the others follow when they come back.
    [[nodiscard]] std::vector<std::unique_ptr<member>> retire_all(base::time_point now);

    /// This server, which is lent, is closed when it comes back: all of its age have been replaced.
    bool is_replaced(const member& server) const noexcept { return server.slot_.generation() != generation_; }

    /// Reload. Surplus servers go by tend() and as they come back.
    void set_settings(const settings& how, base::time_point now);

    // ---- looking ----

    /// Who asks now waits for nobody: a server is idle, or there is a place for another one.
    bool has_one_at_once() const noexcept;
    pool_snapshot snapshot(base::time_point now) const;

    template <class Function>
    void for_each_idle(Function&& look) const {
        idle_.for_each(look);
    }

    /// True when nothing is under way: nothing lent, waiting, connecting, in limbo, handed over, being closed or
    /// cancelled.
    bool at_rest() const noexcept;

private:
    friend class database_budget;

    std::uint32_t open() const noexcept;
    std::uint32_t lent() const noexcept;
    std::uint32_t allowed() const noexcept;
    bool in_use(base::time_point at) const noexcept;
    bool in_demand() const noexcept;
    base::duration idle_timeout() const noexcept;
    std::size_t kept_while_in_use() const noexcept;
    bool reserve_due(base::time_point at) const noexcept;
    demand demand_at(base::time_point at) const;
    std::uint32_t wanted_within_pool(base::time_point at) const;
    std::uint32_t places_missing(base::time_point at) const;
    std::uint32_t places_to_reclaim(base::time_point at) const;

    acquisition grant_idle(waiter& who, base::time_point now);
    handover place(std::unique_ptr<member> server, base::time_point now);
    handover accept(std::unique_ptr<member> server, base::time_point now);
    static handover closing(std::unique_ptr<member> server, metrics::server_disconnect_reason why,
                            std::uint64_t& counter) noexcept;
    handover cancel_ended(std::uint64_t member_id, bool lost, base::time_point now);
    std::unique_ptr<member> take_from_limbo(std::uint64_t member_id);
    bool retire_if_old(const member& server, base::time_point now) noexcept;
    void close_surplus(std::vector<std::unique_ptr<member>>& out);
    void close_unused(base::time_point now, std::vector<std::unique_ptr<member>>& out);
    void close_expired(base::time_point now, std::vector<std::unique_ptr<member>>& out);
    void reclaim_places(base::time_point now, std::vector<std::unique_ptr<member>>& out);
    base::time_point idle_event() const noexcept;
    base::time_point connect_event() const;
    base::time_point recheck_time(base::time_point now) const;
    void settle(base::time_point now);

    settings settings_;
    std::string name_;
    database_budget* budget_;
    std::shared_ptr<slot_counts> counts_ = std::make_shared<slot_counts>();

    wait_queue queue_;
    idle_stack idle_;
    std::vector<std::unique_ptr<member>> limbo_;

    struct pending_cancel {
        std::uint32_t in_flight = 0;
        bool lost = false;
    };
    std::unordered_map<std::uint64_t, pending_cancel> cancels_;  ///< by member id; nearly always empty

    effective_size size_;
    connect_backoff backoff_;
    bool reserve_open_ = false;  ///< from a client's waiting reserve_after until the queue is empty
    base::time_point next_retirement_{};
    base::time_point recheck_at_ = base::never;
    base::time_point last_activity_{};
    base::time_point count_at_{};
    bool ever_used_ = false;
    bool trying_out_ = false;
    std::uint32_t clients_ = 0;
    std::uint32_t handoffs_ = 0;
    std::uint64_t generation_ = 0;

    usage usage_;
    pool_totals totals_;
};

}  // namespace pgweir::pool

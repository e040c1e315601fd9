#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "metrics/cache_labels.hpp"
#include "session/guard_questions.hpp"

namespace pgweir::session {

/// Sees to it that a cache serves only while no pgweir that it would not hear of lends servers of the same database: what
/// is written there would not be seen here. One in process memory hears of nobody, one in a shared store of those that
/// name the same store. On a connection of its own it holds an advisory lock of PostgreSQL, which whoever caches alone
/// has exclusively and everybody else shares:
///
///  - Who finds it taken notifies the holder, and lends no server before it shares the lock.
///  - The holder that is notified stops to serve, then shares the lock. It never has less than a share.
///  - Who shares it tries to have it alone now and then. What others began before they went has to end first.
///
/// Those with a shared store never have it alone. They share two more, which have the store's number: one as long as
/// they lend, so that it can be seen who names it, and one as long as they serve.
///
///  - Who lends shares the first lock, and then waits until nobody serves from another store.
///  - Who is to serve shares the last one, and then looks whether everybody who shares the first one names its store.
///
/// So of two who must not lend and serve at once the one that is later sees the other.
///
/// Knows no socket and no clock. What it decides holds from the moment in which bytes are handed to it, so the shell
/// reads this connection before clients in each turn.
class cache_guard {
public:
    enum class store : std::uint8_t {
        memory,  ///< nobody else sees it
        shared,
    };

    /// `token`: tells this guard from any other on the same database; without spaces.
    explicit cache_guard(std::string token, store where = store::memory)
        : token_(std::move(token)), shares_(where == store::shared) {}

    /// Which data the shared store has, in a text that is the same for all who see the same: for the next connected().
    /// Before it is known nothing is served.
    void name_store(std::string_view name);

    /// Everything that is to be sent is appended to `out`.
    void connected(base::time_point now, std::string& out);
    void lost();
    /// False when the connection makes no sense any more and has to be closed.
    bool receive(base::bytes_view input, std::size_t& consumed, base::time_point now, std::string& out);
    void tick(base::time_point now, std::string& out);
    /// When tick() has something to do; never while an answer is awaited.
    base::time_point next_tick() const noexcept { return busy_ ? base::never : next_tick_; }
    /// Since when the answer to a question that cannot block is awaited, or never.
    base::time_point unanswered_since() const noexcept {
        return busy_ && asked_ != question::share ? asked_at_ : base::never;
    }

    /// Nobody whose writes would not be seen lends servers of this database.
    bool alone() const noexcept { return phase_ == phase::alone; }
    /// By which this database's rows are known in a shared store: another one when its server was started anew, since
    /// transactions may be gone then. Empty before the first connection.
    const std::string& database() const noexcept { return database_; }
    /// Whoever serves from memory alone knows of us by now: servers may be lent.
    bool known_to_others() const noexcept { return phase_ >= phase::sharing; }
    /// Why it is not alone.
    metrics::cache_bypass why_not() const noexcept;

    /// A server was lost in what may have been a commit: take_gone() tells when its process has ended.
    void watch(std::int32_t process_id) { watched_.insert(process_id); }
    std::vector<std::int32_t> take_gone() { return std::exchange(gone_, {}); }

private:
    enum class phase : std::uint8_t {
        away,  ///< no connection
        arriving,  ///< no lock yet
        standby,  ///< a server in recovery has nobody's writes to look after
        sharing,
        settling,  ///< it has the lock alone; what others began has not ended yet
        alone,
    };
    using question = guard_question;
    using session_id = std::pair<std::string, std::string>;  ///< process and transaction

    void ask(question what, base::time_point now, std::string& out);
    bool take(char tag, base::bytes_view body, base::time_point now, std::string& out);
    bool take_row(base::bytes_view body);
    void take_notification(base::bytes_view body);
    std::string greeting() const;
    void arrived(base::time_point now);
    void answered(base::time_point now, std::string& out);
    void settle(base::time_point now);
    void find_gone();
    void go_on(base::time_point now, std::string& out);

    std::string token_;
    bool shares_;
    std::uint32_t store_ = 0;  ///< its number; 0: not known, or process memory
    std::string database_;
    phase phase_ = phase::away;
    question asked_ = question::recovery;
    bool busy_ = false;
    bool failed_ = false;
    bool has_share_ = false;
    bool others_came_ = false;  ///< they have notified, and wait for a share
    bool yes_ = false;  ///< the answer's first column
    std::string second_;  ///< and the second one
    base::time_point asked_at_{};
    base::time_point next_tick_ = base::never;
    base::time_point settling_since_{};
    std::optional<std::set<session_id>> unsettled_;  ///< nothing: they are not known yet
    std::set<session_id> seen_;
    std::set<std::int32_t> watched_;
    std::set<std::int32_t> asked_about_;  ///< those of them that the question is about
    std::set<std::int32_t> living_;
    std::vector<std::int32_t> gone_;
};

}  // namespace pgweir::session

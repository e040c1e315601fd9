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

namespace pgweir::session {

/// Sees to it that a cache in process memory serves only while no other pgweir lends servers of the same database: what
/// is written there would not be seen here. On a connection of its own it holds an advisory lock of PostgreSQL, which
/// whoever caches alone has exclusively and everybody else shares:
///
///  - Who finds it taken notifies the holder, and lends no server before it shares the lock.
///  - The holder that is notified stops to serve, then shares the lock. It never has less than a share.
///  - Who shares it tries to have it alone now and then. What others began before they went has to end first.
///
/// Knows no socket and no clock. What it decides holds from the moment in which bytes are handed to it, so the shell
/// reads this connection before clients in each turn.
class cache_guard {
public:
    /// `token`: tells this guard from any other on the same database.
    explicit cache_guard(std::string token) : token_(std::move(token)) {}

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

    /// Nobody else lends servers of this database.
    bool alone() const noexcept { return phase_ == phase::alone; }
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
    enum class question : std::uint8_t { recovery, take, notify, share, yield, promote, unshare, busy, processes };
    using session_id = std::pair<std::string, std::string>;  ///< process and transaction

    void ask(question what, base::time_point now, std::string& out);
    std::string text_of(question what) const;
    bool take(char tag, base::bytes_view body, base::time_point now, std::string& out);
    bool take_row(base::bytes_view body);
    void take_notification(base::bytes_view body);
    void answered(base::time_point now, std::string& out);
    void settle(base::time_point now);
    void find_gone();
    void go_on(base::time_point now, std::string& out);

    std::string token_;
    phase phase_ = phase::away;
    question asked_ = question::recovery;
    bool busy_ = false;
    bool failed_ = false;
    bool others_came_ = false;  ///< they have notified, and wait for a share
    bool yes_ = false;  ///< the answer's first column
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

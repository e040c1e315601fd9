#include "session/cache_guard.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>

#include "session/parameters.hpp"
#include "wire/backend.hpp"
#include "wire/frame.hpp"
#include "wire/frontend.hpp"

namespace pgweir::session {

namespace {

constexpr std::uint32_t longest_message = 64 * 1024;
constexpr std::string_view channel = "pgweir_cache";

constexpr base::duration look_interval = std::chrono::seconds(1);
constexpr base::duration promote_interval = std::chrono::seconds(5);
// A pgweir that was killed leaves servers that still execute what they were sent; what they have not read yet they will
// have within this time.
constexpr base::duration first_settling = std::chrono::seconds(1);
constexpr base::duration settle_interval = std::chrono::milliseconds(200);
// Nobody was told that those transactions have worked. Who reads what they write late gets it by the time to live.
constexpr base::duration longest_settling = std::chrono::minutes(1);

// A number that nobody else would take: the letters pgweir, and the protocol's version.
constexpr std::string_view lock_key = "('x7067776569720001'::pg_catalog.bit(64)::pg_catalog.int8)";

std::string call(std::string_view function) {
    return "SELECT pg_catalog." + std::string(function) + std::string(lock_key);
}

}  // namespace

void cache_guard::connected(base::time_point now, std::string& out) {
    phase_ = phase::arriving;
    others_came_ = false;
    ask(question::recovery, now, out);
}

void cache_guard::lost() {
    phase_ = phase::away;
    busy_ = false;
    next_tick_ = base::never;
}

metrics::cache_bypass cache_guard::why_not() const noexcept {
    switch (phase_) {
        case phase::standby: return metrics::cache_bypass::standby;
        case phase::sharing: return metrics::cache_bypass::another_pgweir;
        case phase::away:
        case phase::arriving:
        case phase::settling:
        case phase::alone: break;
    }
    return metrics::cache_bypass::starting;
}

// Names are qualified: what is found by the search path somebody may have put there.
std::string cache_guard::text_of(question what) const {
    switch (what) {
        case question::recovery: return "SELECT pg_catalog.pg_is_in_recovery()";
        case question::take: return "LISTEN " + std::string(channel) + "; " + call("pg_try_advisory_lock");
        case question::notify: {
            std::string sql = "NOTIFY " + std::string(channel) + ", ";
            append_literal(sql, token_);
            return sql;
        }
        case question::share: return call("pg_advisory_lock_shared");
        case question::yield: return call("pg_advisory_lock_shared") + "; " + call("pg_advisory_unlock");
        case question::promote: return call("pg_try_advisory_lock");
        case question::unshare: return call("pg_advisory_unlock_shared");
        case question::busy:
            // Of other users pg_stat_activity hides what they do, but anybody sees the lock that each transaction has on
            // itself until others see what it has written. Autovacuum has no user.
            return "SELECT transaction.pid, transaction.virtualtransaction FROM pg_catalog.pg_locks AS transaction"
                   " JOIN pg_catalog.pg_stat_activity AS session ON session.pid OPERATOR(pg_catalog.=) transaction.pid"
                   " WHERE transaction.locktype OPERATOR(pg_catalog.=) 'virtualxid' AND transaction.granted"
                   " AND transaction.mode OPERATOR(pg_catalog.=) 'ExclusiveLock'"
                   " AND session.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
                   " AND session.usesysid IS NOT NULL"
                   " AND session.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()";
        case question::processes: break;
    }
    std::string pids;
    for (const std::int32_t id : asked_about_) pids += (pids.empty() ? "" : ",") + std::to_string(id);
    return "SELECT pid FROM pg_catalog.pg_stat_activity WHERE pid OPERATOR(pg_catalog.=) ANY ('{" + pids +
           "}'::pg_catalog.int4[])";
}

void cache_guard::ask(question what, base::time_point now, std::string& out) {
    asked_ = what;
    asked_at_ = now;
    busy_ = true;
    failed_ = yes_ = false;
    seen_.clear();
    living_.clear();
    asked_about_ = watched_;
    wire::append_query(out, text_of(what));
}

bool cache_guard::receive(base::bytes_view input, std::size_t& consumed, base::time_point now, std::string& out) {
    consumed = 0;
    while (true) {
        const base::bytes_view rest = input.substr(consumed);
        wire::header header;
        const auto state = wire::read_backend_header(rest, header);
        if (state == wire::header_state::incomplete) return true;
        if (state == wire::header_state::invalid || header.size > longest_message) return false;
        if (rest.size() < header.size) return true;
        consumed += header.size;
        if (!take(header.tag, rest.substr(wire::header_size, header.size - wire::header_size), now, out)) return false;
    }
}

bool cache_guard::take(char tag, base::bytes_view body, base::time_point now, std::string& out) {
    switch (tag) {
        case 'T':
        case 'C':
        case 'N':
        case 'S': return true;
        case 'D': return take_row(body);
        case 'E': failed_ = true; return true;
        case 'A':
            take_notification(body);
            if (!busy_) go_on(now, out);
            return true;
        case 'Z':
            if (!busy_) return false;
            busy_ = false;
            // Nothing that is asked here fails on a server that is in order.
            if (failed_) return false;
            answered(now, out);
            return true;
        default: return false;
    }
}

bool cache_guard::take_row(base::bytes_view body) {
    std::vector<std::optional<std::string_view>> values;
    if (wire::decode_data_row(body, values) || values.empty() || !values.front()) return false;
    const std::string_view first = *values.front();
    yes_ = first == "t";
    if (asked_ == question::busy && values.size() == 2) seen_.emplace(first, values.back().value_or(""));
    if (asked_ == question::processes) {
        std::int32_t id = 0;
        std::from_chars(first.data(), first.data() + first.size(), id);
        living_.insert(id);
    }
    return true;
}

void cache_guard::take_notification(base::bytes_view body) {
    const auto told = wire::decode_notification(body);
    if (!told || told->channel != channel || told->payload == token_) return;
    others_came_ = true;
    // From here on: the answer that lets the other one go on is sent only behind this.
    if (phase_ == phase::alone) phase_ = phase::settling;
}

void cache_guard::answered(base::time_point now, std::string& out) {
    next_tick_ = now + look_interval;
    switch (asked_) {
        case question::recovery:
            phase_ = yes_ ? phase::standby : phase::arriving;
            if (yes_) return;
            return ask(question::take, now, out);
        case question::take:
            if (!yes_) return ask(question::notify, now, out);
            settle(now);
            break;
        case question::notify: return ask(question::share, now, out);
        case question::share:
        case question::yield:
            phase_ = phase::sharing;
            next_tick_ = now + promote_interval;
            break;
        case question::promote:
            next_tick_ = now + promote_interval;
            if (yes_) return ask(question::unshare, now, out);
            break;
        case question::unshare: settle(now); break;
        case question::busy:
            if (!unsettled_) {
                unsettled_ = seen_;
            } else {
                std::set<session_id> still;
                std::set_intersection(unsettled_->begin(), unsettled_->end(), seen_.begin(), seen_.end(),
                                      std::inserter(still, still.end()));
                unsettled_ = std::move(still);
            }
            next_tick_ = now + settle_interval;
            if (phase_ == phase::settling && (unsettled_->empty() || now - settling_since_ >= longest_settling)) {
                phase_ = phase::alone;
                next_tick_ = now + look_interval;
            }
            break;
        case question::processes: find_gone(); break;
    }
    go_on(now, out);
}

void cache_guard::settle(base::time_point now) {
    phase_ = phase::settling;
    settling_since_ = now;
    unsettled_.reset();
    next_tick_ = now + first_settling;
}

// Of those that are watched since the question was asked the answer says nothing.
void cache_guard::find_gone() {
    for (const std::int32_t id : asked_about_) {
        if (living_.contains(id)) continue;
        gone_.push_back(id);
        watched_.erase(id);
    }
}

// Others that came while there was something else to do.
void cache_guard::go_on(base::time_point now, std::string& out) {
    if (phase_ == phase::alone && others_came_) phase_ = phase::settling;
    const bool has_lock = phase_ == phase::settling;
    if (std::exchange(others_came_, false) && has_lock) ask(question::yield, now, out);
}

void cache_guard::tick(base::time_point now, std::string& out) {
    if (busy_ || now < next_tick_) return;
    next_tick_ = now + look_interval;
    switch (phase_) {
        case phase::away:
        case phase::arriving: return;
        case phase::standby: return ask(question::recovery, now, out);
        case phase::sharing: return ask(question::promote, now, out);
        case phase::settling: return ask(question::busy, now, out);
        // With nothing to watch it is asked for a sign of life all the same.
        case phase::alone: return ask(question::processes, now, out);
    }
}

}  // namespace pgweir::session

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "base/time.hpp"
#include "catalog/routine_reading.hpp"

namespace pgweir::catalog {

/// A change of functions or triggers by who does not come through pgweir is noticed after this time.
inline constexpr base::duration reading_interval = std::chrono::seconds(5);
/// Where looking takes long, it is done less often: for one part in this many of the time.
inline constexpr int share_of_time = 200;
/// Behind a reading that failed; twice as long behind each further one.
inline constexpr base::duration first_retry = std::chrono::seconds(1);
inline constexpr base::duration longest_retry = std::chrono::minutes(5);

/// When what is known of a database's functions has to be read anew. One pool's, under its lock.
class reading_times {
public:
    /// `schema`: the counter of changes that were seen. What is known is not of now, and a server is better asked before
    /// it is lent. Not when asking has just failed: then it goes on without.
    bool behind(std::uint64_t schema) const noexcept { return !failed_ && (!read_ || schema != read_at_); }
    bool due(std::uint64_t schema, base::time_point now) const noexcept { return now >= next_ || behind(schema); }

    void started(base::time_point now) noexcept { next_ = now + reading_interval; }
    /// `schema`: the counter when that reading began, at `since`.
    void ended(std::string fingerprint, std::uint64_t schema, base::time_point since, base::time_point now) {
        if (read_ && schema < read_at_) return;  // one that began later was faster
        next_ = std::max(since + reading_interval, now + (now - since) * share_of_time);
        pause_ = {};
        fingerprint_ = std::move(fingerprint);
        read_at_ = schema;
        read_ = true;
        failed_ = false;
    }
    /// `refused`: the server did answer. True when nothing is known any more: a server that was lost takes only what was
    /// not of now anyway.
    bool gave_up(bool refused, std::uint64_t schema, base::time_point now) noexcept {
        pause_ = std::clamp<base::duration>(pause_ * 2, first_retry, longest_retry);
        next_ = now + pause_;
        if (!refused && read_ && read_at_ == schema) return false;
        fingerprint_.clear();
        read_ = false;
        failed_ = true;
        return true;
    }

    routine_reading begin(int server_version) const {
        return read_ ? routine_reading(server_version, fingerprint_) : routine_reading(server_version);
    }

private:
    std::string fingerprint_;
    base::time_point next_{};
    base::duration pause_{};
    std::uint64_t read_at_ = 0;
    bool read_ = false;
    bool failed_ = false;
};

}  // namespace pgweir::catalog

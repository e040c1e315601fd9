#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "base/time.hpp"
#include "catalog/routine_reading.hpp"

namespace pgweir::catalog {

/// A change of functions or triggers by who does not come through pgweir is noticed after this time.
inline constexpr base::duration reading_interval = std::chrono::seconds(5);
/// Behind a reading that failed.
inline constexpr base::duration retry_interval = std::chrono::seconds(1);

/// When what is known of a database's functions has to be read anew. One pool's, under its lock.
class reading_times {
public:
    /// `schema`: the counter of changes that were seen. What is known is not of now, and a server is better asked before
    /// it is lent. Not when asking has just failed: then it goes on without.
    bool behind(std::uint64_t schema) const noexcept { return !failed_ && (!read_ || schema != read_at_); }
    bool due(std::uint64_t schema, base::time_point now) const noexcept { return now >= next_ || behind(schema); }

    void started(base::time_point now) noexcept { next_ = now + reading_interval; }
    /// `schema`: the counter when that reading began.
    void ended(std::string fingerprint, std::uint64_t schema) {
        if (read_ && schema < read_at_) return;  // one that began later was faster
        fingerprint_ = std::move(fingerprint);
        read_at_ = schema;
        read_ = true;
        failed_ = false;
    }
    void gave_up(base::time_point now) noexcept {
        fingerprint_.clear();
        read_ = false;
        failed_ = true;
        next_ = now + retry_interval;
    }

    routine_reading begin() const { return read_ ? routine_reading(fingerprint_) : routine_reading(); }

private:
    std::string fingerprint_;
    base::time_point next_{};
    std::uint64_t read_at_ = 0;
    bool read_ = false;
    bool failed_ = false;
};

}  // namespace pgweir::catalog

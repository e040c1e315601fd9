#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "pool/sizing.hpp"

namespace pgweir::pool {

/// How many servers a pool may have, as far as PostgreSQL itself allows it. When it refuses a connection for lack of
/// places (53300), the size falls to what the pool got and then feels its way up: one more after an interval, a longer
/// one each time it is refused again. So several poolers in front of one max_connections settle instead of failing.
///
/// As long as places are known to be scarce (the last answer was a refusal, or PostgreSQL said that none is free)
/// the pool also gives up one now and then, the more often the more it has: what became free goes to whoever asks next,
/// and who has fewer asks more often. So the places even out among the pools, and one that comes when the others have
/// them all gets its share without anybody telling them.
class effective_size {
public:
    explicit effective_size(std::uint32_t configured) noexcept : configured_(configured), current_(configured) {}

    void configure(std::uint32_t size) noexcept;

    std::uint32_t current() const noexcept { return current_; }
    bool limited() const noexcept { return current_ < configured_; }

    /// current(), and one more when it is time to try.
    std::uint32_t at(base::time_point now) const noexcept;

    /// When the next try is due; base::never if not limited.
    base::time_point probe_at() const noexcept { return limited() ? probe_at_ : base::never; }

    /// `open`: the servers the pool has. Refusals of connects that were under way together count once.
    void refused(std::uint32_t open, base::time_point now, std::uint64_t entropy) noexcept;

    /// `open`: with the new one.
    void opened(std::uint32_t open, base::time_point now) noexcept;

    /// `free`: places for another connection that PostgreSQL has. `open`: the servers the pool has.
    void counted(std::int64_t free, std::uint32_t open, base::time_point now) noexcept;

    /// Others may want places that this pool has and does not need.
    bool shares() const noexcept { return scarce_ || limited(); }

    /// Whether one of the `open` servers, which is free, is to be closed for others' sake. If so it is gone from the
    /// size, and is not asked for again before others had time to.
    bool gives_up_one(std::uint32_t open, base::time_point now, std::uint64_t entropy) noexcept;

private:
    void became_scarce(std::uint32_t open, base::time_point now) noexcept;

    std::uint32_t configured_;
    std::uint32_t current_;
    bool scarce_ = false;
    base::duration interval_{};
    base::time_point probe_at_{};
    base::time_point give_up_at_{};
};

/// The pause after connects that failed for other reasons, or were refused while the pool has no server at all.
class connect_backoff {
public:
    /// Failures of connects that were under way together count once.
    void failed(base::time_point now, std::uint64_t entropy) noexcept;
    void succeeded() noexcept { rounds_ = 0; }

    /// After a failure connects are tried one at a time, until one succeeds.
    bool failing() const noexcept { return rounds_ > 0; }

    /// From when on connects may be started.
    base::time_point over_at(bool somebody_waits) const noexcept;

private:
    std::uint32_t rounds_ = 0;
    base::time_point last_{};
    std::uint64_t entropy_ = 0;
};

}  // namespace pgweir::pool

#pragma once

#include <utility>

#include "base/time.hpp"
#include "redis/greeting.hpp"

namespace pgweir::redis {

/// Whether Redis is asked at all. Open from the start and from each failure on, until a connection was made and
/// greeted: so a Redis that hangs costs its timeout once and not for each request.
class breaker {
public:
    explicit breaker(base::time_point now) : since_(now), counted_until_(now) {}

    bool is_open() const noexcept { return open_; }
    /// When it was opened or closed last.
    base::time_point since() const noexcept { return since_; }
    /// Why it was opened, or the last attempt to close it failed; kept when it is closed.
    const refusal& reason() const noexcept { return reason_; }

    void open(base::time_point now, refusal why) {
        if (!open_) since_ = counted_until_ = now;
        open_ = true;
        reason_ = std::move(why);
    }

    void close(base::time_point now) noexcept {
        open_ = false;
        since_ = now;
    }

    /// How long it has been open since it was asked this last. To be asked before close(), too.
    base::duration count_open_time(base::time_point now) noexcept {
        if (!open_) return base::duration::zero();
        const base::duration more = now - counted_until_;
        counted_until_ = now;
        return more;
    }

private:
    bool open_ = true;
    base::time_point since_;
    base::time_point counted_until_;
    refusal reason_;
};

}  // namespace pgweir::redis

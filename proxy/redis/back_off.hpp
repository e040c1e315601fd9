#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/time.hpp"

namespace pgweir::redis {

/// How long to wait before the next attempt to connect: twice as long after each, and by chance up to a half shorter,
/// so that all pgweirs that lost the same Redis do not come back at once.
class back_off {
public:
    static constexpr base::duration first = std::chrono::milliseconds(100);
    static constexpr base::duration longest = std::chrono::seconds(5);

    base::duration next(std::uint64_t random) noexcept {
        const base::duration whole = pause_;
        pause_ = std::min(pause_ * 2, longest);
        const auto half = static_cast<std::uint64_t>(whole.count()) / 2;
        return whole - base::duration(static_cast<base::duration::rep>(random % (half + 1)));
    }

    void reset() noexcept { pause_ = first; }

private:
    base::duration pause_ = first;
};

}  // namespace pgweir::redis

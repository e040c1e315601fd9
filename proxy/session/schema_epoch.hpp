#pragma once

#include <atomic>
#include <cstdint>

namespace pgweir::session {

/// Counts the times when tables, views and the like were seen to change. What a text means belongs to the epoch in
/// which a client prepared it: a copy of the same text from before, on whatever server, is another statement, so a
/// client that prepares anew never meets a plan that no longer fits. One for the process, called by any thread; a
/// reader that misses a change by a moment prepared its statement at the same time as it.
class schema_epoch {
public:
    void changed() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
    std::uint64_t now() const noexcept { return count_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> count_{0};
};

}  // namespace pgweir::session

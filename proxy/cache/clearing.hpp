#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "cache/memory_store.hpp"
#include "cache/result_cache.hpp"

namespace pgweir::cache {

/// Takes away what depends on relations or a rule that were outdated, in steps, so that nobody waits for the whole of
/// it: the stamps see to it that none of it is served meanwhile.
class clearing {
public:
    /// `outdated`: what result_cache::outdate() and the like returned, just now.
    clearing(result_cache& whose, std::vector<const stamp_table::cell*> outdated)
        : whose_(whose), outdated_(std::move(outdated)), walk_(whose.entries()) {}

    /// Looks at the next `most` entries.
    void step(std::size_t most) {
        const std::size_t removed =
            walk_.step(most, [this](const memory_store::slot& each) { return is_meant(*each.what); });
        dropped_ += removed;
        whose_.count_cleared(removed);
    }
    bool ended() const noexcept { return walk_.ended(); }
    std::size_t dropped() const noexcept { return dropped_; }

private:
    // What was kept again since holds, and stays.
    bool is_meant(const entry& one) const {
        return std::any_of(one.depends_on.begin(), one.depends_on.end(), [this](const dependency& each) {
            const bool meant = std::find(outdated_.begin(), outdated_.end(), each.of) != outdated_.end();
            return meant && each.of->now != each.then;
        });
    }

    result_cache& whose_;
    std::vector<const stamp_table::cell*> outdated_;
    memory_store::walk walk_;
    std::size_t dropped_ = 0;
};

}  // namespace pgweir::cache

#pragma once

#include <span>
#include <vector>

#include "cache/stamp_table.hpp"

namespace pgweir::cache {

/// What a statement, or a transaction, may change.
struct write_set {
    bool everything = false;
    std::vector<relation_id> relations;  ///< sorted, each once

    bool operator==(const write_set&) const = default;

    bool empty() const noexcept { return !everything && relations.empty(); }
    void add(bool all, std::span<const relation_id> more);
    void add(const write_set& more) { add(more.everything, more.relations); }
    void clear() {
        everything = false;
        relations.clear();
    }
    /// The stamps that stand for it.
    std::span<const relation_id> stamps() const noexcept {
        return everything ? std::span<const relation_id>(&whole_database, 1) : relations;
    }
};

}  // namespace pgweir::cache

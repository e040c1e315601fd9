#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "cache/mutants.hpp"
#include "cache/stamp_table.hpp"

namespace pgweir::cache {

/// The stamps that a reply's relations had before its statement was executed.
struct dependency {
    const stamp_table::cell* of = nullptr;
    stamp then = 0;
};

/// Who asks for a reply, as far as that says how old it may be.
struct asker {
    base::time_point now{};
    base::duration max_age = base::off;  ///< off: as the entry says
    bool by_age_alone = false;  ///< also when it is older than others want it
    /// No store was asked for this: what others share, or have written, may be another.
    bool unasked = false;
    base::duration rests = base::off;  ///< unasked: since it was compared, what has been so lately is good enough
    bool compared = false;  ///< the stamps were asked for at `now`,
    std::uint64_t turn = 0;  ///< in this one
};

/// A server's reply to one statement. Never changed; who has been given it may keep it as long as they like.
struct entry {
    std::string key;  ///< all that the reply depends on, beside rows
    std::string description;
    std::string rows;
    std::uint64_t row_count = 0;
    base::duration took{};
    base::time_point created{};
    base::time_point fresh_until{};  ///< for who asks for nothing else
    base::time_point expires{};  ///< for everybody
    std::vector<dependency> depends_on;
    std::uint32_t rule = 0;  ///< its number; 0: none
    bool by_age = false;  ///< consistency::ttl: what is written does not matter

    /// Memory that it takes, with what its place in a store takes.
    std::size_t bytes() const noexcept;
    /// Nothing that it depends on has changed, or is about to.
    bool holds() const noexcept {
        for (const dependency& each : depends_on) {
            const bool written = each.of->now != each.then && !is(mutant::stamps_not_compared);
            if (written || each.of->is_marked()) return false;
        }
        return true;
    }
    bool is_young_for(const asker& who) const noexcept {
        const bool limited = who.max_age != base::off;
        return (limited && who.by_age_alone ? expires : fresh_until) > who.now &&
               (!limited || created + who.max_age > who.now);
    }
    /// That the store may be asked about, beside whole_database.
    std::vector<relation_id> relations() const {
        std::vector<relation_id> all;
        for (const dependency& each : depends_on)
            if (each.of->relation != whole_database && each.of->relation != no_relation)
                all.push_back(each.of->relation);
        return all;
    }
    bool is_marked() const noexcept {
        for (const dependency& each : depends_on)
            if (each.of->is_marked()) return true;
        return false;
    }
};

}  // namespace pgweir::cache

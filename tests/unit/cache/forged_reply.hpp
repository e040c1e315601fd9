#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "cache/stored_reply.hpp"

namespace pgweir::cache {

/// A message as a server sends it.
inline std::string message(char tag, std::string_view payload) {
    const auto length = static_cast<std::uint32_t>(payload.size() + 4);
    std::string made(1, tag);
    for (int shift = 24; shift >= 0; shift -= 8) made.push_back(static_cast<char>(length >> shift));
    return made.append(payload);
}

inline std::string number(std::uint64_t value) {
    std::string made;
    for (int shift = 0; shift < 64; shift += 8) made.push_back(static_cast<char>(value >> shift));
    return made;
}

/// The fields of a stored reply by hand: what whoever may write to the store can put there, with the right sum.
struct forged_reply {
    std::string key = "key";
    std::string description = message('T', std::string_view("\0\0", 2));
    std::string rows = message('D', "row") + message('C', std::string_view("SELECT 1\0", 9));
    std::uint64_t row_count = 1;
    std::uint64_t took = 5;
    std::uint64_t lifetime = 60;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> depends_on{{0, 7}, {1, 8}};

    /// Of the field itself.
    static std::string text(std::string_view of) { return number(of.size()).append(of); }

    std::string fields() const {
        std::string made =
            text(key) + text(description) + text(rows) + number(row_count) + number(took) + number(lifetime);
        made += number(depends_on.size());
        for (const auto& [relation, then] : depends_on) made += number(relation) + number(then);
        return made;
    }
    std::string bytes() const { return summed(fields()); }

    /// Any fields behind a head that fits them.
    static std::string summed(const std::string& fields) {
        return "pgweir2\n" + number(base::fingerprint(fields)) + fields;
    }
};

/// An entry like one that was read from a store, with the cells that it depends on.
struct entry_of {
    explicit entry_of(const stored_reply& read) {
        what.description = read.description;
        what.rows = read.rows;
        what.row_count = read.row_count;
        what.took = read.took;
        what.expires = what.created + read.lifetime;
        for (const stored_reply::dependency& each : read.depends_on) {
            stamp_table::cell& cell = cells.emplace_back();
            cell.relation = each.relation;
            what.depends_on.push_back({&cell, each.then});
        }
    }

    std::deque<stamp_table::cell> cells;
    entry what;
};

}  // namespace pgweir::cache

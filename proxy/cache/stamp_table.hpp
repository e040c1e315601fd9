#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace pgweir::cache {

/// A relation by its oid, or the group of those that are written together (a partitioned table and its partitions).
using relation_id = std::uint32_t;

/// Stands for all relations of the database: whatever is kept depends on it.
inline constexpr relation_id whole_database = 0;

/// Stands for what the catalogs say. Nothing that is kept depends on it: who changes them changes the whole database.
inline constexpr relation_id catalogs = 1;

/// What a cell's stamp stands for that is no relation's, and means something in this process only.
inline constexpr relation_id no_relation = 0xffff'ffff;

/// What a relation's rows are called until they change. A stamp that was ever given is never given again.
using stamp = std::uint64_t;
inline constexpr stamp no_stamp = 0;

/// How things stood at one time: another one behind each change that anything may depend on, such as of rights.
struct moment {
    stamp all = no_stamp;  ///< of the whole database
    std::uint64_t drops = 0;  ///< result_cache's, that no store knows of: a stamp that it told before may come again

    bool operator==(const moment&) const = default;
};

/// Of each relation the stamp, and how many writers are about to commit a change of it.
class stamp_table {
public:
    struct cell {
        stamp now = no_stamp;
        std::uint32_t marks = 0;
        relation_id relation = whole_database;
        std::uint64_t written_turn = 0;  ///< result_cache's, of the last change that was made here
        bool marked_elsewhere = false;  ///< in a store that others share, when that was looked at last

        bool is_marked() const noexcept { return marks > 0 || marked_elsewhere; }
    };

    /// Stays where it is as long as the table lives. There are no more than the database has relations.
    cell& at(relation_id relation);
    /// Of a rule, by its number: what is kept by it depends on it, so that all of that can be dropped.
    cell& of_rule(std::uint32_t number);
    /// Another one of a relation, that no write changes: what is kept by its age depends on it.
    cell& of_clearing(relation_id relation);

    void bump(cell& which) noexcept { which.now = ++last_; }

private:
    cell& known(std::unordered_map<std::uint32_t, cell>& among, std::uint32_t number, relation_id relation);

    std::unordered_map<relation_id, cell> cells_;
    std::unordered_map<std::uint32_t, cell> rules_;
    std::unordered_map<relation_id, cell> clearings_;
    stamp last_ = 0;
};

}  // namespace pgweir::cache

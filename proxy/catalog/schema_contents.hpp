#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/name_table.hpp"
#include "catalog/schema_rows.hpp"
#include "sql/reason.hpp"
#include "sql/row_event.hpp"

namespace pgweir::catalog {

/// What a schema_map looks things up in. Made by build_contents(), then never changed.
struct schema_contents {
    static constexpr schema_number no_schema = UINT32_MAX;

    /// A foreign key, seen from the table that it refers to: what its actions do to the table that has it.
    struct key {
        std::uint32_t group;
        sql::row_event on_update;
        sql::row_event on_delete;
    };

    /// Relations that share rows by inheritance or partitioning, or one that shares them with none.
    struct group {
        relation_id representative;  ///< the least oid
        sql::reason reasons = sql::reason::none;
        sql::row_event opaque = sql::row_event::none;  ///< these events may write anything
        std::uint32_t first_key = 0;
        std::uint32_t key_count = 0;
        bool several = false;
        bool view = false;  ///< has no rows of its own
        bool system = false;
    };

    struct relation {
        relation_id id;
        std::uint32_t group;
        sql::reason reasons = sql::reason::none;  ///< of a view: of all below as well
        std::uint32_t first_below = 0;  ///< of a view: the groups below, in `below`; its own is not among them
        std::uint32_t below_count = 0;
        char kind = 'r';
        bool reading_may_write = false;  ///< of a materialized view: refreshing it
        bool by_user = false;  ///< a view that says something else to another user
    };

    /// UINT32_MAX when there is none of that name.
    schema_number number_of(std::string_view schema) const {
        const auto found = schemas.find(schema);
        return found == schemas.end() ? no_schema : found->second;
    }
    /// nullptr when it was not there.
    const relation* find(relation_id id) const {
        const auto found = std::ranges::lower_bound(relations, id, {}, &relation::id);
        return found != relations.end() && found->id == id ? &*found : nullptr;
    }
    std::span<const std::uint32_t> below_of(const relation& one) const {
        return std::span(below).subspan(one.first_below, one.below_count);
    }
    std::span<const key> keys_to(const group& one) const {
        return std::span(keys).subspan(one.first_key, one.key_count);
    }

    std::map<std::string, schema_number, std::less<>> schemas;
    name_table relation_names;  ///< to places in `relations`
    name_table routine_names;  ///< to traits
    name_table operator_names;  ///< to traits of the functions behind them
    name_table type_names;  ///< to reasons against a cast

    std::vector<relation> relations;  ///< sorted by oid
    std::vector<group> groups;
    std::vector<key> keys;
    std::vector<std::uint32_t> below;

    sql::reason any_text = sql::reason::none;  ///< holds for every text that reads
    bool any_may_write = false;  ///< some own function may write: so may what is not known by its name
    bool hidden_may_write = false;  ///< some expression may write, and nobody sees which
    bool maintenance_may_write = false;
    bool too_large = false;
    std::string fingerprint;
};

/// Memory that they hold.
std::size_t bytes_of(const schema_contents& contents);

}  // namespace pgweir::catalog

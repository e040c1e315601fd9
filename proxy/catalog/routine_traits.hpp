#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "catalog/schema_rows.hpp"

namespace pgweir::catalog {

/// What is known of a function, as bits of a number.
namespace trait {
inline constexpr std::uint32_t unstable = 1U << 0;  ///< its result may change without a write, or nobody knows
inline constexpr std::uint32_t writes = 1U << 1;    ///< it may write a table, or nobody knows
// The same two of those that t.f may be a call of.
inline constexpr std::uint32_t field_unstable = 1U << 2;
inline constexpr std::uint32_t field_writes = 1U << 3;
}  // namespace trait

/// Which functions may change their results without a write, and which may write, themselves or by what they call.
/// PostgreSQL keeps no record of what a body in quotes calls: a body that names a function that may write, wherever it
/// would be found, may write too; so it is with views, whose queries call functions. Where a function writes its
/// volatility does not say: one that is not volatile may call one that is.
class routine_traits {
public:
    /// `rows` must outlive this.
    explicit routine_traits(const schema_rows& rows);

    std::uint32_t of(const schema_rows::routine& one) const;
    /// By oid; all traits for one that was not read.
    std::uint32_t of(oid id) const;
    const schema_rows::routine* find(oid id) const;

    /// Some function of the database's own that an expression may call may write.
    bool any_may_write() const noexcept { return any_may_write_; }
    /// Some function that may write is called by no name: behind an operator, a cast or a type.
    bool hidden_may_write() const noexcept { return hidden_may_write_; }
    /// Reading the relation may run a function that may write. A materialized view: refreshing it.
    bool reading_may_write(relation_id id) const { return reading_writes_.contains(id); }

private:
    void begin();
    void note_writer(const schema_rows::routine& one);
    bool note_reading(relation_id id);
    bool is_materialized(relation_id id) const;
    bool look_at_bodies();
    bool look_at_links();
    bool look_at_views();
    void find_all();
    void add_query_runners();
    bool unstable(const schema_rows::routine& one) const;
    std::unordered_set<std::string_view> names_that_matter() const;

    struct mentions {
        const schema_rows::routine* by;
        std::vector<std::string_view> names;
    };

    const schema_rows& rows_;
    std::unordered_map<oid, const schema_rows::routine*> by_oid_;
    std::unordered_map<oid, std::vector<oid>> components_;
    std::unordered_set<oid> writers_;
    std::unordered_set<std::string_view> writing_names_;  // of functions, views and tables with policies
    std::unordered_set<relation_id> reading_writes_;
    std::unordered_map<relation_id, const schema_rows::relation*> relations_;
    std::vector<mentions> bodies_;
    bool any_may_write_ = false;
    bool hidden_may_write_ = false;
};

}  // namespace pgweir::catalog

#include "catalog/routine_traits.hpp"

#include <algorithm>

#include "catalog/builtin_functions.hpp"
#include "sql/names_in_text.hpp"
#include "sql/routine_writes.hpp"

namespace pgweir::catalog {

namespace {

using routine = schema_rows::routine;
using link_kind = schema_rows::link_kind;

constexpr std::uint32_t every_trait = trait::unstable | trait::writes | trait::field_unstable | trait::field_writes;

bool is_own(const routine& one) noexcept {
    return one.id >= first_own_oid;
}

// What is compiled cannot be read. What CREATE TYPE makes for ranges is internal and immutable.
bool writes_itself(const routine& one) {
    if (!is_own(one)) return one.volatility == 'v' && !writes_no_table(one.name) && !runs_queries(one.name);
    if (one.kind == 'a') return false;  // its parts do
    if (one.language == "internal") return one.volatility == 'v';
    if (one.language == "c")
        return !one.of_extension || (one.volatility == 'v' && !is_harmless_extension_function(one.name));
    return !one.body || sql::routine_may_write(one.language, *one.body);
}

}  // namespace

routine_traits::routine_traits(const schema_rows& rows) : rows_(rows) {
    begin();
    find_all();
    any_may_write_ = std::ranges::any_of(rows_.routines, [this](const routine& one) {
        return is_own(one) && one.callable && writers_.contains(one.id);
    });
    if (any_may_write_) add_query_runners();
    hidden_may_write_ = std::ranges::any_of(rows_.links, [this](const schema_rows::link& one) {
        if (one.kind != link_kind::hidden || (of(one.to) & trait::writes) == 0) return false;
        // What an extension has compiled for its types and operators writes no table, whatever it is declared as.
        const routine* behind = find(one.to);
        return behind == nullptr || !behind->of_extension || !is_compiled(*behind);
    });
}

void routine_traits::begin() {
    for (const routine& one : rows_.routines) {
        by_oid_.emplace(one.id, &one);
        if (writes_itself(one)) note_writer(one);
    }
    for (const schema_rows::link& one : rows_.links)
        if (one.kind == link_kind::component) components_[one.from].push_back(one.to);
    for (const schema_rows::relation& one : rows_.relations) relations_.emplace(one.id, &one);
    const auto matter = names_that_matter();
    for (const routine& one : rows_.routines) {
        if (!one.body || writers_.contains(one.id)) continue;
        mentions found{&one, {}};
        sql::for_each_name(*one.body, true, [&](std::string_view name) {
            if (const auto known = matter.find(name); known != matter.end()) found.names.push_back(*known);
        });
        if (!found.names.empty()) bodies_.push_back(std::move(found));
    }
}

// Of all words in bodies, these may come to lead somewhere.
std::unordered_set<std::string_view> routine_traits::names_that_matter() const {
    std::unordered_set<std::string_view> names;
    for (const routine& one : rows_.routines)
        if (is_own(one) || writers_.contains(one.id) || runs_queries(one.name)) names.insert(one.name);
    for (const schema_rows::relation& one : rows_.relations)
        if (one.kind == 'v' || one.row_security) names.insert(one.name);
    return names;
}

void routine_traits::note_writer(const routine& one) {
    writers_.insert(one.id);
    writing_names_.insert(one.name);
}

void routine_traits::find_all() {
    for (bool more = true; more;) {
        more = look_at_bodies();
        more = look_at_links() || more;
        more = look_at_views() || more;
    }
}

// They can call only what is there to be called.
void routine_traits::add_query_runners() {
    for (const routine& one : rows_.routines)
        if ((!is_own(one) || one.of_extension) && runs_queries(one.name)) note_writer(one);
    find_all();
}

bool routine_traits::look_at_bodies() {
    bool more = false;
    for (const mentions& body : bodies_) {
        if (writers_.contains(body.by->id)) continue;
        if (std::ranges::none_of(body.names, [this](auto name) { return writing_names_.contains(name); })) continue;
        note_writer(*body.by);
        more = true;
    }
    return more;
}

bool routine_traits::look_at_links() {
    bool more = false;
    for (const schema_rows::link& one : rows_.links) {
        const bool calls = one.kind == link_kind::component || one.kind == link_kind::routine;
        if ((!calls && one.kind != link_kind::watches) || (of(one.to) & trait::writes) == 0) continue;
        if (calls) {
            const routine* from = find(one.from);
            if (from == nullptr || writers_.contains(from->id)) continue;
            note_writer(*from);
        } else if (!note_reading(one.from)) {
            continue;
        }
        more = true;
    }
    return more;
}

bool routine_traits::look_at_views() {
    bool more = false;
    const auto writes = [this](const sql::qualified_name& called) { return writing_names_.contains(called.name); };
    for (const schema_rows::view& one : rows_.views)
        if (one.definition && std::ranges::any_of(one.definition->functions, writes))
            more = note_reading(one.id) || more;
    for (const schema_rows::link& one : rows_.links)
        if (one.kind == link_kind::view && reading_may_write(one.to) && !is_materialized(one.to))
            more = note_reading(one.from) || more;
    return more;
}

bool routine_traits::is_materialized(relation_id id) const {
    const auto known = relations_.find(id);
    return known != relations_.end() && known->second->kind == 'm';
}

// A materialized view runs its query when it is refreshed, which no function does without a statement that says so.
bool routine_traits::note_reading(relation_id id) {
    if (!reading_writes_.insert(id).second) return false;
    const auto known = relations_.find(id);
    if (known != relations_.end() && known->second->kind != 'm') writing_names_.insert(known->second->name);
    return true;
}

const routine* routine_traits::find(oid id) const {
    const auto known = by_oid_.find(id);
    return known == by_oid_.end() ? nullptr : known->second;
}

std::uint32_t routine_traits::of(oid id) const {
    const routine* known = find(id);
    return known == nullptr ? every_trait : of(*known);
}

std::uint32_t routine_traits::of(const routine& one) const {
    std::uint32_t traits = 0;
    if (unstable(one)) traits |= one.takes_row ? trait::unstable | trait::field_unstable : trait::unstable;
    if (writers_.contains(one.id)) traits |= one.takes_row ? trait::writes | trait::field_writes : trait::writes;
    return traits;
}

// Of the database's own functions, those in SQL or a procedural language are called immutable by whoever made them, and
// anybody may make one; what is compiled and belongs to an extension has been looked at by more than its user.
bool routine_traits::unstable(const routine& one) const {
    if (!is_own(one)) return one.volatility != 'i' && !is_settled_by_settings(one.name);
    if (!one.of_extension) return true;
    if (one.kind != 'a') return !is_compiled(one) || one.volatility != 'i';
    const auto parts = components_.find(one.id);
    return parts == components_.end() || std::ranges::any_of(parts->second, [this](oid part) {
               const routine* known = find(part);
               return known == nullptr || known->kind == 'a' || unstable(*known);
           });
}

}  // namespace pgweir::catalog

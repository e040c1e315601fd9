#include "catalog/schema_builder.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "catalog/disjoint_sets.hpp"
#include "catalog/name_verdicts.hpp"
#include "catalog/routine_traits.hpp"
#include "catalog/type_reasons.hpp"

namespace pgweir::catalog {

namespace {

using sql::reason;
using sql::row_event;
using link = schema_rows::link;
using link_kind = schema_rows::link_kind;

constexpr row_event inserting = row_event::insert | row_event::update;

// pg_trigger.tgtype (catalog/pg_trigger.h).
row_event events_of_trigger(std::string_view type) {
    constexpr unsigned on_insert = 1U << 2, on_delete = 1U << 3, on_update = 1U << 4, on_truncate = 1U << 5;
    unsigned bits = 0;
    for (const char digit : type) bits = bits * 10 + static_cast<unsigned>(digit - '0');
    row_event events = row_event::none;
    if ((bits & on_insert) != 0) events |= row_event::insert;
    if ((bits & on_delete) != 0) events |= row_event::delete_;
    if ((bits & on_update) != 0) events |= row_event::update;
    if ((bits & on_truncate) != 0) events |= row_event::truncate;
    return events;
}

// pg_constraint.confupdtype or confdeltype: SET NULL and SET DEFAULT update, NO ACTION and RESTRICT write nothing.
row_event done_by_action(char action, row_event when_cascading) {
    switch (action) {
        case 'c': return when_cascading;
        case 'n':
        case 'd': return row_event::update;
        default: return row_event::none;
    }
}

reason reasons_of_kind(const schema_rows::relation& one) {
    reason found = reason::none;
    if (one.id < first_own_oid) found |= reason::system_relation;
    if (one.kind == 'f') found |= reason::foreign_relation;
    if (one.kind == 'S') found |= reason::sequence;
    if (one.persistence == 'u') found |= reason::unlogged_relation;
    if (one.row_security) found |= reason::row_security;
    return found;
}

class builder {
public:
    explicit builder(const schema_rows& rows)
        : rows_(rows), routines_(rows), types_(rows, routines_), made_(std::make_shared<schema_contents>()) {}

    std::shared_ptr<schema_contents> build() {
        add_routines();
        add_types();
        add_relations();
        add_groups();
        add_what_writing_calls();
        add_keys();
        add_views();
        return std::move(made_);
    }

private:
    using relation = schema_contents::relation;
    using group = schema_contents::group;

    schema_number schema(const std::string& name) {
        const auto next = static_cast<schema_number>(made_->schemas.size());
        return made_->schemas.try_emplace(name, next).first->second;
    }

    relation* find(relation_id id) {
        const auto found = places_.find(id);
        return found == places_.end() ? nullptr : &made_->relations[found->second];
    }
    group& group_of(const relation& one) { return made_->groups[one.group]; }

    void add_routines();
    void add_types();
    void add_types_made_of(const std::set<std::pair<std::string_view, std::string_view>>& cast_to);
    void add_relations();
    void add_groups();
    void add_what_writing_calls();
    void note_call(const link& one);
    void add_keys();
    void add_views();
    void expand(relation& view);
    void add_below(relation& view, relation_id id, std::vector<std::uint32_t>& below);

    const schema_rows& rows_;
    routine_traits routines_;
    type_reasons types_;
    std::shared_ptr<schema_contents> made_;
    std::unordered_map<relation_id, std::uint32_t> places_;
    std::unordered_map<relation_id, std::vector<relation_id>> read_by_;  // views
    std::unordered_map<relation_id, const schema_rows::view*> definitions_;
    std::unordered_map<relation_id, bool> expanded_;  // views; false: under way
};

void builder::add_routines() {
    for (const auto& one : rows_.routines) made_->routine_names.add(one.name, schema(one.schema), routines_.of(one));
    made_->routine_names.seal();
    for (const auto& one : rows_.operations)
        made_->operator_names.add(one.name, schema(one.schema), routines_.of(one.routine));
    made_->operator_names.seal();
    made_->any_may_write = routines_.any_may_write();
    made_->hidden_may_write = routines_.hidden_may_write();
    for (const link& one : rows_.links) {
        if (one.kind != link_kind::sorts) continue;
        const auto* behind = routines_.find(one.to);
        const bool trusted = behind != nullptr && behind->of_extension && is_compiled(*behind);
        if (!trusted) made_->any_text |= reason::unstable_operator;
    }
}

void builder::add_types() {
    for (const auto& one : rows_.types)
        made_->type_names.add(one.name, schema(one.schema), static_cast<std::uint32_t>(types_.when_cast(one.id)));
    std::set<std::pair<std::string_view, std::string_view>> cast_to;  // by functions that are not stable
    for (const auto& one : rows_.casts) {
        if ((routines_.of(one.routine) & trait::unstable) == 0) continue;
        cast_to.emplace(one.schema, one.name);
        if (one.implicit) made_->any_text |= reason::unstable_cast;
        made_->type_names.add(one.name, schema(one.schema), static_cast<std::uint32_t>(reason::unstable_cast));
    }
    if (!cast_to.empty()) add_types_made_of(cast_to);
    made_->type_names.seal();
}

// A cast to a domain, an array or a row goes by the casts to what it is made of.
void builder::add_types_made_of(const std::set<std::pair<std::string_view, std::string_view>>& cast_to) {
    std::unordered_map<oid, std::vector<oid>> parts;
    for (const link& one : rows_.links)
        if (one.kind == link_kind::column) parts[one.from].push_back(one.to);
    std::unordered_set<oid> reached;
    for (const auto& one : rows_.types)
        if (cast_to.contains({one.schema, one.name})) reached.insert(one.id);
    const auto leads_there = [&](const schema_rows::type& one) {
        if (one.made_of != 0 && reached.contains(one.made_of)) return true;
        const auto columns = parts.find(one.row_of);
        return one.row_of != 0 && columns != parts.end() &&
               std::ranges::any_of(columns->second, [&](oid part) { return reached.contains(part); });
    };
    for (bool more = true; more;) {
        more = false;
        for (const auto& one : rows_.types) {
            if (reached.contains(one.id) || !leads_there(one)) continue;
            more = reached.insert(one.id).second;
            made_->type_names.add(one.name, schema(one.schema), static_cast<std::uint32_t>(reason::unstable_cast));
        }
    }
}

void builder::add_relations() {
    std::vector<const schema_rows::relation*> sorted;
    for (const auto& one : rows_.relations) sorted.push_back(&one);
    std::ranges::sort(sorted, {}, [](const auto* one) { return one->id; });
    for (const auto* one : sorted) {
        const auto place = static_cast<std::uint32_t>(made_->relations.size());
        if (!places_.emplace(one->id, place).second) continue;
        relation added{.id = one->id, .group = place, .reasons = reasons_of_kind(*one), .kind = one->kind};
        added.reading_may_write = routines_.reading_may_write(one->id);
        made_->relations.push_back(added);
        made_->relation_names.add(one->name, schema(one->schema), place);
    }
    made_->relation_names.seal();
    for (const link& one : rows_.links)
        if (relation* typed = one.kind == link_kind::column ? find(one.from) : nullptr)
            typed->reasons |= types_.when_read(one.to);
}

void builder::add_groups() {
    disjoint_sets sets(made_->relations.size());
    for (const link& one : rows_.links) {
        if (one.kind != link_kind::inherits) continue;
        const auto child = places_.find(one.from);
        const auto parent = places_.find(one.to);
        if (child != places_.end() && parent != places_.end()) sets.join(child->second, parent->second);
    }
    std::vector<std::uint32_t> group_of_set(made_->relations.size());
    for (std::uint32_t place = 0; place < made_->relations.size(); ++place) {
        relation& one = made_->relations[place];
        const std::uint32_t set = sets.find(place);
        if (set == place) {
            group_of_set[place] = static_cast<std::uint32_t>(made_->groups.size());
            made_->groups.push_back({.representative = one.id});
        }
        one.group = group_of_set[set];
        group& its = group_of(one);
        its.reasons |= one.reasons;
        its.several = its.several || set != place;
        its.view = one.kind == 'v';
        its.system = one.id < first_own_oid;
    }
    // Behind a foreign table may stand one of ours.
    for (const auto& one : rows_.relations)
        if (one.rules || one.kind == 'f') group_of(*find(one.id)).opaque = sql::any_row_event;
    for (relation& one : made_->relations) one.reasons = group_of(one).reasons;
}

void builder::add_what_writing_calls() {
    for (const link& one : rows_.links) {
        if (one.kind == link_kind::trigger || one.kind == link_kind::calls || one.kind == link_kind::watches)
            note_call(one);
        else if (one.kind == link_kind::analyzes && (routines_.of(one.to) & trait::writes) != 0)
            made_->maintenance_may_write = true;
    }
}

void builder::note_call(const link& one) {
    const relation* from = find(one.from);
    if (from == nullptr) return;
    const bool of_view = from->kind == 'v';  // what an INSTEAD OF trigger does, nobody knows
    if (!of_view && (routines_.of(one.to) & trait::writes) == 0) return;
    row_event when = sql::any_row_event;
    if (one.kind == link_kind::trigger && !of_view) when = events_of_trigger(one.detail);
    if (one.kind == link_kind::calls && !of_view) when = inserting;
    group_of(*from).opaque |= when;
}

void builder::add_keys() {
    struct arrow {
        std::uint32_t to;
        schema_contents::key what;
    };
    std::vector<arrow> arrows;
    for (const link& one : rows_.links) {
        if (one.kind != link_kind::key || one.detail.size() != 2) continue;
        const relation* from = find(one.from);
        const relation* to = find(one.to);
        if (from == nullptr || to == nullptr) continue;
        arrows.push_back({to->group,
                          {from->group, done_by_action(one.detail[0], row_event::update),
                           done_by_action(one.detail[1], row_event::delete_)}});
    }
    std::ranges::stable_sort(arrows, {}, &arrow::to);
    for (const arrow& one : arrows) {
        group& target = made_->groups[one.to];
        if (target.key_count++ == 0) target.first_key = static_cast<std::uint32_t>(made_->keys.size());
        made_->keys.push_back(one.what);
    }
}

void builder::add_views() {
    for (const link& one : rows_.links)
        if (one.kind == link_kind::view) read_by_[one.from].push_back(one.to);
    for (const auto& one : rows_.views) definitions_.emplace(one.id, &one);
    // Those of the system are refused without a look.
    for (relation& one : made_->relations)
        if (one.kind == 'v' && one.id >= first_own_oid) expand(one);
}

void builder::expand(relation& view) {
    const auto [state, first] = expanded_.try_emplace(view.id, false);
    if (!first) {
        if (!state->second) view.reasons |= reason::unread_view;  // no view reads itself
        return;
    }
    std::vector<std::uint32_t> below;
    if (const auto reads = read_by_.find(view.id); reads != read_by_.end())
        for (const relation_id id : reads->second) add_below(view, id, below);
    const auto known = definitions_.find(view.id);
    if (known == definitions_.end() || !known->second->definition) {
        view.reasons |= reason::unread_view;
        view.reading_may_write = view.reading_may_write || made_->any_may_write;
    } else {
        const sql::statement_facts& facts = *known->second->definition;
        view.reasons |= facts.reasons | reasons_of_names(*made_, facts);
        view.by_user = view.by_user || facts.names_role || facts.names_schema || names_beside_system(*made_, facts, {});
    }
    std::ranges::sort(below);
    below.erase(std::unique(below.begin(), below.end()), below.end());
    view.first_below = static_cast<std::uint32_t>(made_->below.size());
    view.below_count = static_cast<std::uint32_t>(below.size());
    made_->below.insert(made_->below.end(), below.begin(), below.end());
    expanded_[view.id] = true;
}

void builder::add_below(relation& view, relation_id id, std::vector<std::uint32_t>& below) {
    relation* read = find(id);
    if (read == nullptr) {
        view.reasons |= reason::unknown_relation;
        return;
    }
    if (read->kind == 'v' && read->id >= first_own_oid) expand(*read);
    view.reasons |= read->reasons;
    view.by_user = view.by_user || (read->kind != 'm' && read->by_user);
    view.reading_may_write = view.reading_may_write || (read->kind != 'm' && read->reading_may_write);
    below.push_back(read->group);
    for (const std::uint32_t one : made_->below_of(*read)) below.push_back(one);
}

}  // namespace

std::shared_ptr<const schema_contents> build_contents(const schema_rows& rows, std::string fingerprint) {
    auto made = builder(rows).build();
    made->fingerprint = std::move(fingerprint);
    return made;
}

std::shared_ptr<const schema_contents> build_too_large(std::string fingerprint) {
    auto made = std::make_shared<schema_contents>();
    made->too_large = true;
    made->any_text = reason::catalog_too_large;
    made->any_may_write = made->hidden_may_write = made->maintenance_may_write = true;
    made->fingerprint = std::move(fingerprint);
    return made;
}

}  // namespace pgweir::catalog

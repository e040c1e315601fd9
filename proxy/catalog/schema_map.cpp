#include "catalog/schema_map.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "catalog/name_verdicts.hpp"
#include "catalog/relation_lookup.hpp"
#include "catalog/write_closure.hpp"
#include "sql/statement_class.hpp"

namespace pgweir::catalog {

namespace {

using sql::qualified_name;
using sql::reason;
using sql::row_event;
using sql::statement_class;
using relation = schema_contents::relation;

void sort_and_keep_one_of_each(std::vector<relation_id>& ids) {
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

void add_what_it_depends_on(const schema_contents& contents, const relation& read, std::vector<relation_id>& ids) {
    ids.push_back(contents.groups[read.group].representative);
    for (const std::uint32_t group : contents.below_of(read)) ids.push_back(contents.groups[group].representative);
}

bool is_temporary(const qualified_name& name) {
    return name.schema.starts_with("pg_temp");
}

bool has_any(const sql::statement_facts& facts, statement_class what) {
    return std::ranges::find(facts.statements, what) != facts.statements.end();
}

/// Works out what one text writes.
class writes_finder {
public:
    writes_finder(const schema_contents& contents, const sql::statement_facts& facts, const name_scope& scope)
        : contents_(contents), facts_(facts), lookup_(contents, scope.schemas) {}

    write_verdict find() const {
        if (!facts_.understood() || facts_.writes_more || expressions_may_write() || reads_may_write() ||
            (contents_.maintenance_may_write && has_any(facts_, statement_class::maintenance)))
            return {.everything = true, .relations = {}};
        if (facts_.writes.empty()) return {};
        write_closure closure(contents_);
        for (const qualified_name& name : facts_.writes)
            if (!add_target(closure, name)) return {.everything = true, .relations = {}};
        if (!closure.follow()) return {.everything = true, .relations = {}};
        return {.everything = false, .relations = closure.written()};
    }

private:
    bool expressions_may_write() const {
        const bool has_some = !facts_.functions.empty() || !facts_.operators.empty() || !facts_.types.empty() ||
                              !facts_.reads.empty() || !facts_.writes.empty();
        return has_some && (contents_.hidden_may_write || names_may_write(contents_, facts_));
    }

    bool reads_may_write() const {
        return std::ranges::any_of(facts_.reads, [this](const qualified_name& name) {
            bool writes = false;
            const bool known = lookup_.for_each(
                name, [&](const relation& read) { writes = writes || (read.kind != 'm' && read.reading_may_write); });
            // Perhaps a temporary view.
            return writes || (!known && contents_.any_may_write);
        });
    }

    // False: it may write anything.
    bool add_target(write_closure& closure, const qualified_name& name) const {
        // It may have a trigger.
        if (is_temporary(name)) return !contents_.any_may_write;
        bool refresh_writes = false;
        const bool known = lookup_.for_each(name, [&](const relation& target) {
            refresh_writes = refresh_writes || (target.kind == 'm' && target.reading_may_write);
            closure.add(target, events_at(target));
        });
        return known && !refresh_writes;
    }

    row_event events_at(const relation& target) const {
        if (target.kind == 'm') return row_event::none;
        return facts_.events == row_event::none ? sql::any_row_event : facts_.events;
    }

    const schema_contents& contents_;
    const sql::statement_facts& facts_;
    relation_lookup lookup_;
};

}  // namespace

read_verdict schema_map::reads_of(const sql::statement_facts& facts, const name_scope& scope) const {
    read_verdict found{.reasons = facts.reasons | what_->any_text, .depends_on = {}};
    found.by_user = facts.names_role || facts.names_schema || names_beside_system(*what_, facts, scope.schemas);
    if (!facts.understood() || what_->too_large) return found;
    const relation_lookup lookup(*what_, scope.schemas);
    for (const qualified_name& name : facts.reads) {
        const bool known = lookup.for_each(name, [&](const relation& read) {
            found.reasons |= read.reasons;
            found.by_user = found.by_user || read.by_user;
            add_what_it_depends_on(*what_, read, found.depends_on);
        });
        if (!known) found.reasons |= reason::unknown_relation;
    }
    found.reasons |= reasons_of_names(*what_, facts);
    sort_and_keep_one_of_each(found.depends_on);
    return found;
}

write_verdict schema_map::writes_of(const sql::statement_facts& facts, const name_scope& scope) const {
    return writes_finder(*what_, facts, scope).find();
}

bool schema_map::has_schema(std::string_view name) const {
    return what_->number_of(name) != schema_contents::no_schema;
}

std::optional<relation_id> schema_map::group_of(relation_id id) const {
    const relation* known = what_->find(id);
    if (known == nullptr) return std::nullopt;
    return what_->groups[known->group].representative;
}

std::vector<qualified_name> schema_map::names_of(std::span<const relation_id> relations) const {
    std::map<schema_number, std::string_view> schemas;
    for (const auto& [name, number] : what_->schemas) schemas.emplace(number, name);
    std::map<relation_id, qualified_name> found;
    what_->relation_names.for_each([&](std::string_view name, schema_number schema, std::uint32_t place) {
        const relation_id id = what_->relations[place].id;
        if (std::ranges::find(relations, id) == relations.end()) return;
        found.emplace(id, qualified_name{std::string(schemas[schema]), std::string(name)});
    });
    std::vector<qualified_name> names;
    for (const relation_id each : relations)
        if (const auto one = found.find(each); one != found.end()) names.push_back(one->second);
    return names;
}

std::vector<relation_id> schema_map::relations_named(const qualified_name& name, const name_scope& scope) const {
    std::vector<relation_id> ids;
    relation_lookup(*what_, scope.schemas).for_each(name, [&](const relation& one) {
        ids.push_back(what_->groups[one.group].representative);
    });
    sort_and_keep_one_of_each(ids);
    return ids;
}

}  // namespace pgweir::catalog

#include "catalog/schema_reading.hpp"

#include <algorithm>

#include "catalog/read_rows.hpp"
#include "catalog/schema_builder.hpp"
#include "catalog/schema_queries.hpp"
#include "sql/tree_depth.hpp"
#include "sql/understand.hpp"

namespace pgweir::catalog {

namespace {

// Each answer is worked on in one turn of an event loop: understanding this many takes some milliseconds.
constexpr std::size_t views_at_a_time = 8;
// With more views nobody has looked at what the others read.
constexpr std::size_t most_views = 10000;
// A schema that is changed during one reading after the other is being migrated.
constexpr unsigned most_rounds = 5;
// Somebody may have made a view to see how deep a stack is: a third of what is understood elsewhere, and of the stack.
constexpr std::size_t deepest_definition = sql::max_tree_depth / 3;

template <class Element, class Read>
bool take_all(const std::vector<schema_reading::row>& rows, std::vector<Element>& into, Read read) {
    into.reserve(rows.size());
    for (const auto& row : rows) {
        auto one = read(row);
        if (!one) return false;
        into.push_back(std::move(*one));
    }
    return true;
}

std::optional<sql::statement_facts> understand_definition(const std::optional<std::string>& text) {
    if (!text || sql::tree_depth_bound(*text, deepest_definition) > deepest_definition) return std::nullopt;
    sql::statement_facts facts = sql::understand(*text);
    if (!facts.understood()) return std::nullopt;
    return facts;
}

}  // namespace

std::string schema_reading::question() const {
    switch (step_) {
        case step::comparing:
        case step::confirming: return schema_fingerprint_query();
        case step::routines: return routines_query(server_version_);
        case step::relations: return relations_query();
        case step::links: return links_query();
        case step::types: return types_query();
        case step::operators: return operators_query();
        case step::casts: return casts_query();
        case step::definitions: {
            std::string oids = "{";
            const std::size_t end = std::min(views_asked_ + views_at_a_time, views_.size());
            for (std::size_t i = views_asked_; i < end; ++i)
                oids.append(i > views_asked_ ? "," : "").append(std::to_string(views_[i]));
            return definitions_query(oids + "}");
        }
        case step::ended: break;
    }
    return {};
}

bool schema_reading::take(const std::vector<row>& rows) {
    switch (step_) {
        case step::comparing: return take_fingerprint(rows);
        case step::definitions: return take_definitions(rows);
        case step::confirming: return confirm(rows);
        case step::ended: return false;
        case step::routines:
        case step::relations:
        case step::links:
        case step::types:
        case step::operators:
        case step::casts: break;
    }
    return take_rows(rows);
}

bool schema_reading::take_fingerprint(const std::vector<row>& rows) {
    if (rows.size() != 1 || rows[0].size() != 1 || !rows[0][0]) return false;
    fingerprint_ = *rows[0][0];
    step_ = fingerprint_ == known_ ? step::ended : step::routines;
    return true;
}

bool schema_reading::take_rows(const std::vector<row>& rows) {
    if (rows.size() > most_schema_rows) {
        give_up_size();
        return true;
    }
    switch (step_) {
        case step::routines: step_ = step::relations; return take_all(rows, rows_.routines, read_routine);
        case step::relations:
            step_ = step::links;
            if (!take_all(rows, rows_.relations, read_relation)) return false;
            list_views();
            return true;
        case step::links: step_ = step::types; return take_all(rows, rows_.links, read_link);
        case step::types: step_ = step::operators; return take_all(rows, rows_.types, read_type);
        case step::operators: step_ = step::casts; return take_all(rows, rows_.operations, read_operator);
        case step::casts:
            step_ = views_.empty() ? step::confirming : step::definitions;
            return take_all(rows, rows_.casts, read_cast);
        case step::comparing:
        case step::definitions:
        case step::confirming:
        case step::ended: break;
    }
    return false;
}

void schema_reading::list_views() {
    for (const schema_rows::relation& one : rows_.relations) {
        const bool has_definition = (one.kind == 'v' || one.kind == 'm') && one.id >= first_own_oid;
        if (has_definition && views_.size() < most_views) views_.push_back(one.id);
    }
}

bool schema_reading::take_definitions(const std::vector<row>& rows) {
    for (const row& each : rows) {
        const auto id = each.size() == 2 && each[0] ? read_oid(*each[0]) : std::nullopt;
        if (!id) return false;
        rows_.views.push_back({*id, understand_definition(each[1])});
    }
    views_asked_ += views_at_a_time;
    if (views_asked_ >= views_.size()) step_ = step::confirming;
    return true;
}

bool schema_reading::confirm(const std::vector<row>& rows) {
    if (rows.size() != 1 || rows[0].size() != 1 || !rows[0][0]) return false;
    if (fingerprint_ == *rows[0][0]) {
        made_ = std::make_shared<schema_map>(build_contents(rows_, fingerprint_));
        step_ = step::ended;
        return true;
    }
    if (++rounds_ == most_rounds) return false;
    fingerprint_ = *rows[0][0];
    rows_ = {};
    views_.clear();
    views_asked_ = 0;
    step_ = step::routines;
    return true;
}

void schema_reading::give_up_size() {
    made_ = std::make_shared<schema_map>(build_too_large(fingerprint_));
    rows_ = {};
    step_ = step::ended;
}

}  // namespace pgweir::catalog

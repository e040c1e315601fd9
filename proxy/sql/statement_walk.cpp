#include <algorithm>
#include <array>

#include "sql/tree_walker.hpp"

namespace pgweir::sql {

namespace {

// A node that the table of handlers found by its descriptor.
template <class Kind>
const Kind& as(const parse_tree::message& node) noexcept {
    return reinterpret_cast<const Kind&>(node);
}

qualified_name name_of_relation(const PgQuery__RangeVar& named) {
    return {named.schemaname, named.relname};
}

bool is_system_schema(std::string_view schema) noexcept {
    return schema == "pg_catalog" || schema == "information_schema" || schema == "pg_toast";
}

// pg_temp itself, and pg_temp_3 and pg_toast_temp_3 as a backend sees them.
bool is_temporary_schema(std::string_view schema) noexcept {
    return schema.starts_with("pg_temp") || schema.starts_with("pg_toast_temp");
}

}  // namespace

void tree_walker::select(const message& node) {
    in_scope(node, as<PgQuery__SelectStmt>(node).with_clause, nullptr);
}

void tree_walker::insert(const message& node) {
    const auto& statement = as<PgQuery__InsertStmt>(node);
    const auto* clause = statement.on_conflict_clause;
    const bool updates = clause != nullptr && clause->action == PG_QUERY__ON_CONFLICT_ACTION__ONCONFLICT_UPDATE;
    write(node, statement.relation, statement.with_clause,
          updates ? row_event::insert | row_event::update : row_event::insert);
}

void tree_walker::update(const message& node) {
    const auto& statement = as<PgQuery__UpdateStmt>(node);
    write(node, statement.relation, statement.with_clause, row_event::update);
}

void tree_walker::delete_from(const message& node) {
    const auto& statement = as<PgQuery__DeleteStmt>(node);
    write(node, statement.relation, statement.with_clause, row_event::delete_);
}

void tree_walker::merge(const message& node) {
    const auto& statement = as<PgQuery__MergeStmt>(node);
    write(node, statement.relation, statement.with_clause, any_row_event & ~row_event::truncate);
}

void tree_walker::write(const message& node, const PgQuery__RangeVar* target, const PgQuery__WithClause* with,
                        row_event what) {
    facts_.events |= what;
    if (class_ == statement_class::select) facts_.reasons |= reason::writes_in_cte;
    if (target != nullptr) written(*target);  // never a WITH query, even if one has that name
    in_scope(node, with, target);
}

// A WITH clause stands anywhere among the fields of its statement, but counts for all of them.
void tree_walker::in_scope(const message& node, const PgQuery__WithClause* with, const PgQuery__RangeVar* target) {
    const bool outer_in_query = in_query_;
    const std::size_t outer_names = with_names_.size();
    in_query_ = true;
    if (with != nullptr) with_queries(*with);
    for_each_child(node, [&](const message& child) {
        const bool done = (with != nullptr && &child == &with->base) || (target != nullptr && &child == &target->base);
        if (!done) visit(child);
    });
    with_names_.resize(outer_names);
    in_query_ = outer_in_query;
}

// Without RECURSIVE a query sees those before it, and its own name means a relation; with it they all see all.
void tree_walker::with_queries(const PgQuery__WithClause& with) {
    for (std::size_t i = 0; with.recursive != 0 && i < with.n_ctes; ++i)
        with_names_.emplace_back(with.ctes[i]->common_table_expr->ctename);
    for (std::size_t i = 0; i < with.n_ctes; ++i) {
        const PgQuery__CommonTableExpr& one = *with.ctes[i]->common_table_expr;
        visit_below(one.base);
        if (with.recursive == 0) with_names_.emplace_back(one.ctename);
    }
}

void tree_walker::copy(const message& node) {
    const auto& statement = as<PgQuery__CopyStmt>(node);
    if (statement.is_from != 0) facts_.events |= row_event::insert;
    if (statement.relation != nullptr)
        statement.is_from != 0 ? written(*statement.relation) : read(*statement.relation);
    for_each_child(node, [&](const message& child) {
        if (statement.relation == nullptr || &child != &statement.relation->base) visit(child);
    });
}

// SELECT INTO, and what CREATE TABLE AS and CREATE MATERIALIZED VIEW make.
void tree_walker::into(const message& node) {
    const auto& clause = as<PgQuery__IntoClause>(node);
    if (class_ == statement_class::select) facts_.reasons |= reason::select_into;
    dropped_on_commit_ = clause.on_commit == PG_QUERY__ON_COMMIT_ACTION__ONCOMMIT_DROP;
    if (clause.rel != nullptr) written(*clause.rel);
    dropped_on_commit_ = false;
}

void tree_walker::create_table(const message& node) {
    dropped_on_commit_ = as<PgQuery__CreateStmt>(node).oncommit == PG_QUERY__ON_COMMIT_ACTION__ONCOMMIT_DROP;
    visit_below(node);
    dropped_on_commit_ = false;
}

// What is dropped is named by lists of names, whatever it is; types by TypeName.
void tree_walker::drop(const message& node) {
    const auto& statement = as<PgQuery__DropStmt>(node);
    static constexpr std::array relations{
        PG_QUERY__OBJECT_TYPE__OBJECT_TABLE,   PG_QUERY__OBJECT_TYPE__OBJECT_VIEW,
        PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW, PG_QUERY__OBJECT_TYPE__OBJECT_FOREIGN_TABLE,
        PG_QUERY__OBJECT_TYPE__OBJECT_INDEX,   PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE};
    if (std::ranges::find(relations, statement.remove_type) == relations.end()) return visit_below(node);
    for (std::size_t i = 0; i < statement.n_objects; ++i) {
        const PgQuery__Node& object = *statement.objects[i];
        if (object.node_case == PG_QUERY__NODE__NODE_LIST)
            facts_.writes.push_back(name_in_list(object.list->items, object.list->n_items));
    }
}

// A relation's name where no statement took it: in FROM and the like, or in a utility statement, which changes it.
void tree_walker::relation(const message& node) {
    const auto& named = as<PgQuery__RangeVar>(node);
    in_query_ ? read(named) : written(named);
}

void tree_walker::read(const PgQuery__RangeVar& named) {
    const std::string_view schema = named.schemaname;
    const std::string_view name = named.relname;
    if (schema.empty()) {
        if (std::ranges::find(with_names_, name) != with_names_.end()) return;
        // Users may not create schemas that begin so, but relations they may: such a name is taken for a catalog's.
        if (name.starts_with("pg_")) facts_.reasons |= reason::system_relation;
    }
    if (is_system_schema(schema)) facts_.reasons |= reason::system_relation;
    if (is_temporary_schema(schema)) facts_.reasons |= reason::temporary_relation;
    facts_.reads.push_back(name_of_relation(named));
}

void tree_walker::written(const PgQuery__RangeVar& named) {
    const bool temporary = named.relpersistence == std::string_view("t") || is_temporary_schema(named.schemaname);
    if (temporary && !dropped_on_commit_) facts_.creates_temporary = true;
    facts_.writes.push_back(name_of_relation(named));
}

void tree_walker::declare_cursor(const message& node) {
    constexpr int with_hold = 0x0020;  // CURSOR_OPT_HOLD of PostgreSQL's parsenodes.h
    const bool held = (as<PgQuery__DeclareCursorStmt>(node).options & with_hold) != 0;
    if (held && class_ == statement_class::declare_cursor) facts_.holds_cursor = true;  // EXPLAIN only looks at it
    visit_below(node);
}

// EXPLAIN ANALYZE EXECUTE and CREATE TABLE AS EXECUTE too.
void tree_walker::execute(const message& node) {
    facts_.writes_more = true;
    visit_below(node);
}

}  // namespace pgweir::sql

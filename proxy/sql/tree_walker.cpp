#include "sql/tree_walker.hpp"

#include <algorithm>
#include <array>

#include "sql/statement_kinds.hpp"

namespace pgweir::sql {

struct tree_walker::handler {
    const ProtobufCMessageDescriptor* kind;
    void (tree_walker::*take)(const message&);
};

const tree_walker::handler* tree_walker::handler_of(const ProtobufCMessageDescriptor* kind) noexcept {
    using w = tree_walker;
    // Sorted by address, which the linker chose.
    static const auto handlers = [] {
        std::array table{
            handler{&pg_query__select_stmt__descriptor, &w::select},
            handler{&pg_query__insert_stmt__descriptor, &w::insert},
            handler{&pg_query__update_stmt__descriptor, &w::update},
            handler{&pg_query__delete_stmt__descriptor, &w::delete_from},
            handler{&pg_query__merge_stmt__descriptor, &w::merge},
            handler{&pg_query__copy_stmt__descriptor, &w::copy},
            handler{&pg_query__into_clause__descriptor, &w::into},
            handler{&pg_query__create_stmt__descriptor, &w::create_table},
            handler{&pg_query__drop_stmt__descriptor, &w::drop},
            handler{&pg_query__lock_stmt__descriptor, &w::skip},
            handler{&pg_query__vacuum_relation__descriptor, &w::skip},
            handler{&pg_query__range_var__descriptor, &w::relation},
            handler{&pg_query__declare_cursor_stmt__descriptor, &w::declare_cursor},
            handler{&pg_query__execute_stmt__descriptor, &w::execute},
            handler{&pg_query__column_ref__descriptor, &w::column},
            handler{&pg_query__a__indirection__descriptor, &w::indirection},
            handler{&pg_query__func_call__descriptor, &w::function},
            handler{&pg_query__a__expr__descriptor, &w::operation},
            handler{&pg_query__sub_link__descriptor, &w::sublink},
            handler{&pg_query__sort_by__descriptor, &w::sort},
            handler{&pg_query__join_expr__descriptor, &w::join},
            handler{&pg_query__case_expr__descriptor, &w::case_of},
            handler{&pg_query__type_name__descriptor, &w::type},
            handler{&pg_query__type_cast__descriptor, &w::cast},
            handler{&pg_query__range_table_func_col__descriptor, &w::table_column},
            handler{&pg_query__a__const__descriptor, &w::constant},
            handler{&pg_query__param_ref__descriptor, &w::parameter},
            handler{&pg_query__sqlvalue_function__descriptor, &w::special_value},
            handler{&pg_query__locking_clause__descriptor, &w::locking},
            handler{&pg_query__range_table_sample__descriptor, &w::sample},
        };
        std::ranges::sort(table, {}, &handler::kind);
        return table;
    }();
    const auto found = std::ranges::lower_bound(handlers, kind, {}, &handler::kind);
    return found != handlers.end() && found->kind == kind ? &*found : nullptr;
}

void tree_walker::walk(const PgQuery__ParseResult& tree) {
    for (std::size_t i = 0; i < tree.n_stmts; ++i)
        if (tree.stmts[i]->stmt != nullptr) statement(*tree.stmts[i]->stmt);
}

void tree_walker::statement(const PgQuery__Node& node) {
    class_ = class_of(node);
    facts_.statements.push_back(class_);
    if (class_ != statement_class::select) facts_.reasons |= reason::not_a_select;
    if (class_ == statement_class::truncate) facts_.events |= row_event::truncate;
    if (writes_more_than_named(class_)) facts_.writes_more = true;
    visit(node.base);
}

void tree_walker::visit(const message& node) {
    if (const handler* known = handler_of(node.descriptor))
        (this->*known->take)(node);
    else
        visit_below(node);
}

void tree_walker::visit_below(const message& node) {
    for_each_child(node, [this](const message& child) { visit(child); });
}

qualified_name name_in_list(PgQuery__Node* const* names, std::size_t count) {
    qualified_name found;
    for (std::size_t i = 0; i < count; ++i) {
        if (names[i]->node_case != PG_QUERY__NODE__NODE_STRING) continue;
        found.schema = std::move(found.name);
        found.name = names[i]->string->sval;
    }
    return found;
}

}  // namespace pgweir::sql

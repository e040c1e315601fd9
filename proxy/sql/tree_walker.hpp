#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sql/parse_tree.hpp"
#include "sql/statement_facts.hpp"

namespace pgweir::sql {

/// One walk over a tree. Most nodes are walked through for what is below them; the few that say something have a
/// function each (table in tree_walker.cpp). Views point into the tree.
class tree_walker {
public:
    /// Adds to `facts`, which must outlive the walker.
    explicit tree_walker(statement_facts& facts) noexcept : facts_(facts) {}

    void walk(const PgQuery__ParseResult& tree);

private:
    using message = parse_tree::message;

    struct handler;
    static const handler* handler_of(const ProtobufCMessageDescriptor* kind) noexcept;

    void statement(const PgQuery__Node& node);
    void visit(const message& node);
    void visit_below(const message& node);

    // Statements and their names: statement_walk.cpp.
    void select(const message& node);
    void insert(const message& node);
    void update(const message& node);
    void delete_from(const message& node);
    void merge(const message& node);
    void write(const message& node, const PgQuery__RangeVar* target, const PgQuery__WithClause* with, row_event what);
    void in_scope(const message& node, const PgQuery__WithClause* with, const PgQuery__RangeVar* target);
    void with_queries(const PgQuery__WithClause& with);
    void copy(const message& node);
    void into(const message& node);
    void create_table(const message& node);
    void drop(const message& node);
    void relation(const message& node);
    void read(const PgQuery__RangeVar& named);
    void written(const PgQuery__RangeVar& named);
    void declare_cursor(const message& node);
    void execute(const message& node);
    void skip(const message&) {}

    // Expressions: expression_walk.cpp.
    void column(const message& node);
    void indirection(const message& node);
    void field(const char* name);
    void function(const message& node);
    void operation(const message& node);
    void sublink(const message& node);
    void sort(const message& node);
    void join(const message& node);
    void case_of(const message& node);
    void type(const message& node);
    void cast(const message& node);
    void table_column(const message& node);
    void constant(const message& node);
    void parameter(const message& node);
    void special_value(const message& node);
    void locking(const message& node);
    void sample(const message& node);

    statement_facts& facts_;
    statement_class class_ = statement_class::ddl;  // of the current statement
    std::vector<std::string_view> with_names_;      // that are visible here
    bool in_query_ = false;  // below SELECT, INSERT, UPDATE, DELETE or MERGE, where a relation's name is a read
    bool dropped_on_commit_ = false;
};

/// The last name of a list of names, and the one before it as its schema.
qualified_name name_in_list(PgQuery__Node* const* names, std::size_t count);

}  // namespace pgweir::sql

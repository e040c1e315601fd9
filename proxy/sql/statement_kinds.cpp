#include "sql/statement_kinds.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace pgweir::sql {

namespace {

using enum statement_class;

statement_class class_of_transaction(const PgQuery__TransactionStmt& statement) noexcept {
    switch (statement.kind) {
        case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_BEGIN:
        case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_START: return begin;
        case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT: return commit;
        case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK: return rollback;
        case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_SAVEPOINT:
        case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_RELEASE: return savepoint;
        case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_TO: return rollback_to;
        case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_PREPARE: return prepare_transaction;
        case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT_PREPARED: return commit_prepared;
        case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_PREPARED: return rollback_prepared;
        case PG_QUERY__TRANSACTION_STMT_KIND__TRANSACTION_STMT_KIND_UNDEFINED:
        case _PG_QUERY__TRANSACTION_STMT_KIND_IS_INT_SIZE: break;
    }
    return ddl;
}

// SET TRANSACTION and SET TRANSACTION SNAPSHOT, but not SET SESSION CHARACTERISTICS AS TRANSACTION.
bool is_of_transaction(const PgQuery__VariableSetStmt& statement) noexcept {
    return std::string_view(statement.name).starts_with("TRANSACTION");
}

statement_class class_of_set(const PgQuery__VariableSetStmt& statement) noexcept {
    switch (statement.kind) {
        case PG_QUERY__VARIABLE_SET_KIND__VAR_SET_DEFAULT:
        case PG_QUERY__VARIABLE_SET_KIND__VAR_RESET:
        case PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL: return statement.is_local ? set_local : reset;
        case PG_QUERY__VARIABLE_SET_KIND__VAR_SET_MULTI:
            return is_of_transaction(statement) || statement.is_local ? set_local : set;
        case PG_QUERY__VARIABLE_SET_KIND__VAR_SET_VALUE:
        case PG_QUERY__VARIABLE_SET_KIND__VAR_SET_CURRENT:
        case PG_QUERY__VARIABLE_SET_KIND__VARIABLE_SET_KIND_UNDEFINED:
        case _PG_QUERY__VARIABLE_SET_KIND_IS_INT_SIZE: break;
    }
    return statement.is_local ? set_local : set;
}

struct kind_of_node {
    PgQuery__Node__NodeCase node;
    statement_class what;
};

// Of the 236 kinds of nodes most are no statements, and most of those that are not listed here are DDL.
constexpr std::array kinds{
    kind_of_node{PG_QUERY__NODE__NODE_SELECT_STMT, select},
    kind_of_node{PG_QUERY__NODE__NODE_INSERT_STMT, insert},
    kind_of_node{PG_QUERY__NODE__NODE_UPDATE_STMT, update},
    kind_of_node{PG_QUERY__NODE__NODE_DELETE_STMT, delete_},
    kind_of_node{PG_QUERY__NODE__NODE_MERGE_STMT, merge},
    kind_of_node{PG_QUERY__NODE__NODE_TRUNCATE_STMT, truncate},
    kind_of_node{PG_QUERY__NODE__NODE_EXPLAIN_STMT, explain},
    kind_of_node{PG_QUERY__NODE__NODE_VARIABLE_SHOW_STMT, show},
    kind_of_node{PG_QUERY__NODE__NODE_CONSTRAINTS_SET_STMT, set_local},
    kind_of_node{PG_QUERY__NODE__NODE_DISCARD_STMT, discard},
    kind_of_node{PG_QUERY__NODE__NODE_PREPARE_STMT, prepare},
    kind_of_node{PG_QUERY__NODE__NODE_EXECUTE_STMT, execute},
    kind_of_node{PG_QUERY__NODE__NODE_DEALLOCATE_STMT, deallocate},
    kind_of_node{PG_QUERY__NODE__NODE_DECLARE_CURSOR_STMT, declare_cursor},
    kind_of_node{PG_QUERY__NODE__NODE_FETCH_STMT, fetch},
    kind_of_node{PG_QUERY__NODE__NODE_CLOSE_PORTAL_STMT, close_cursor},
    kind_of_node{PG_QUERY__NODE__NODE_LOCK_STMT, lock},
    kind_of_node{PG_QUERY__NODE__NODE_LISTEN_STMT, listen},
    kind_of_node{PG_QUERY__NODE__NODE_UNLISTEN_STMT, unlisten},
    kind_of_node{PG_QUERY__NODE__NODE_NOTIFY_STMT, notify},
    kind_of_node{PG_QUERY__NODE__NODE_LOAD_STMT, load},
    kind_of_node{PG_QUERY__NODE__NODE_CALL_STMT, call},
    kind_of_node{PG_QUERY__NODE__NODE_DO_STMT, do_block},
    kind_of_node{PG_QUERY__NODE__NODE_REFRESH_MAT_VIEW_STMT, refresh},
    kind_of_node{PG_QUERY__NODE__NODE_VACUUM_STMT, maintenance},
    kind_of_node{PG_QUERY__NODE__NODE_CLUSTER_STMT, maintenance},
    kind_of_node{PG_QUERY__NODE__NODE_CHECK_POINT_STMT, maintenance},
};

}  // namespace

statement_class class_of(const PgQuery__Node& node) noexcept {
    if (node.node_case == PG_QUERY__NODE__NODE_TRANSACTION_STMT) return class_of_transaction(*node.transaction_stmt);
    if (node.node_case == PG_QUERY__NODE__NODE_VARIABLE_SET_STMT) return class_of_set(*node.variable_set_stmt);
    if (node.node_case == PG_QUERY__NODE__NODE_COPY_STMT) return node.copy_stmt->is_from != 0 ? copy_from : copy_to;
    const auto* known = std::ranges::find(kinds, node.node_case, &kind_of_node::node);
    return known != kinds.end() ? known->what : ddl;
}

}  // namespace pgweir::sql

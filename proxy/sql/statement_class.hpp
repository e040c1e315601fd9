#pragma once

#include <cstdint>
#include <string_view>

namespace pgweir::sql {

/// What a statement is, by its outermost node.
enum class statement_class : std::uint8_t {
    select,  ///< VALUES and TABLE too; with INTO it creates a table
    insert,
    update,
    delete_,
    merge,
    copy_from,
    copy_to,
    truncate,
    explain,  ///< with ANALYZE it does what it explains
    show,
    set,        ///< for the session; SET SESSION CHARACTERISTICS too
    set_local,  ///< until the transaction ends; SET TRANSACTION and SET CONSTRAINTS too
    reset,      ///< also SET ... TO DEFAULT
    discard,
    begin,
    commit,
    rollback,
    savepoint,  ///< and RELEASE
    rollback_to,
    prepare_transaction,
    commit_prepared,
    rollback_prepared,
    prepare,
    execute,
    deallocate,
    declare_cursor,
    fetch,  ///< and MOVE
    close_cursor,
    lock,
    listen,
    unlisten,
    notify,
    load,
    call,
    do_block,
    refresh,      ///< a materialized view
    maintenance,  ///< VACUUM, ANALYZE, CLUSTER, CHECKPOINT
    ddl,          ///< whatever changes catalogs, CREATE TABLE AS and REINDEX included, and whatever is not listed
};

/// For people: the command as one or two words.
std::string_view name_of(statement_class what) noexcept;

/// Whether such a statement may write relations that its text does not name: it runs what is not in the text, or what
/// it changes has dependents.
bool writes_more_than_named(statement_class what) noexcept;

}  // namespace pgweir::sql

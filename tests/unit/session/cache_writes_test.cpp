#include <gmock/gmock.h>

#include "session/cache_messages.hpp"
#include "session/cache_script.hpp"

// What a cache is told of writes by the simple protocol, and when: what a commit may change is marked before anything
// that commits is handed over for the server, and bumped before the client can be told.

namespace pgweir::test {
namespace {

using how = scripted_cache::how;
using lines = std::vector<std::string>;

const std::string inserted = complete("INSERT 0 1");

// A conversation in a transaction that has written.
cache_script in_block() {
    cache_script script;
    script.client(query("BEGIN"))
        .client(query("INSERT"))
        .happens({"> P BEGIN", "> B", "> E", "< C BEGIN", "< Z T", "note INSERT", "> Q INSERT"})
        .server(begin_done + inserted + ready('T'))
        .happens({"< C INSERT 0 1", "< Z T"});
    return script;
}

TEST(CacheWrites, Statement) {
    cache_script()
        .client(query("INSERT"))
        .happens({"note INSERT", "mark", "> Q INSERT"})
        .server(inserted)
        .happens({"bump", "< C INSERT 0 1"})
        .server(ready('I'))
        .happens({"bump", "forget", "< Z I", "unmark"})
        .given_back()
        .holds();
}

TEST(CacheWrites, NothingIsToldOfReads) {
    cache_script()
        .client(query("SELECT 1"))
        .happens({"ask SELECT 1", "> Q SELECT 1"})
        .server(complete("SELECT 1") + ready('I'))
        .happens({"< C SELECT 1", "< Z I"})
        .given_back()
        .holds();
}

// Also where no read may be answered: others may be asked for it.
TEST(CacheWrites, OneThatServesNothingIsToldAllTheSame) {
    cache_script()
        .cache([](scripted_cache& c) { c.serves_nothing(); })
        .client(query("INSERT"))
        .happens({"note INSERT", "mark", "> Q INSERT"})
        .holds();
}

// A SELECT that calls what writes.
TEST(CacheWrites, ReadThatWrites) {
    cache_script()
        .client(query("SELECT writes()"))
        .happens({"ask SELECT writes()", "note SELECT writes()", "mark", "> Q SELECT writes()"})
        .server(complete("SELECT 1") + ready('I'))
        .happens({"bump", "< C SELECT 1", "bump", "forget", "< Z I", "unmark"})
        .given_back()
        .holds();
}

TEST(CacheWrites, StatementThatFails) {
    cache_script()
        .client(query("INSERT"))
        .skips()
        .server(error("23505", "duplicate"))
        .happens({"< E ERROR 23505 duplicate"})
        .server(ready('I'))
        .happens({"bump", "forget", "< Z I", "unmark"})
        .given_back()
        .holds();
}

TEST(CacheWrites, SeveralStatementsInOneText) {
    for (const std::string text :
         {"INSERT; SELECT 1", "SELECT 1; INSERT", "BEGIN; INSERT; COMMIT", "INSERT; COMMIT; SELECT"})
        cache_script()
            .client(query(text))
            .calls(text[0] == 'S' ? lines{"ask " + text, "note " + text, "mark"} : lines{"note " + text, "mark"})
            .server(complete("DONE"))
            .happens({"bump", "< C DONE"})
            .server(complete("DONE") + ready('I'))
            .happens({"bump", "< C DONE", "bump", "forget", "< Z I", "unmark"})
            .given_back()
            .holds();
}

// ---- transaction blocks ----

TEST(CacheWrites, Block) {
    in_block()
        .client(query("COMMIT"))
        .happens({"mark", "> Q COMMIT"})
        .server(complete("COMMIT"))
        .happens({"bump", "< C COMMIT"})
        .server(ready('I'))
        .happens({"bump", "forget", "< Z I", "unmark"})
        .given_back()
        .holds();
}

TEST(CacheWrites, BlockThatOnlyReads) {
    cache_script()
        .client(query("BEGIN"))
        .client(query("SELECT 1"))
        .happens({"< C BEGIN", "< Z T", "ask SELECT 1", "> P BEGIN", "> B", "> E", "> Q SELECT 1"})
        .server(begin_done + complete("SELECT 1") + ready('T'))
        .happens({"< C SELECT 1", "< Z T"})
        .client(query("COMMIT"))
        .happens({"> Q COMMIT"})
        .server(complete("COMMIT") + ready('I'))
        .happens({"< C COMMIT", "< Z I"})
        .given_back()
        .holds();
}

TEST(CacheWrites, RolledBack) {
    for (const std::string end : {"ROLLBACK", "ABORT WORK"})
        in_block()
            .client(query(end))
            .happens({"> Q " + end})
            .server(complete("ROLLBACK") + ready('I'))
            .happens({"< C ROLLBACK", "forget", "< Z I"})
            .given_back()
            .holds();
}

TEST(CacheWrites, RolledBackAndGoneOn) {
    in_block()
        .client(query("ROLLBACK; INSERT"))
        .happens({"note ROLLBACK; INSERT", "mark", "> Q ROLLBACK; INSERT"})
        .holds();
}

// What is noted only grows: too much of it does no harm.
TEST(CacheWrites, RolledBackToASavepoint) {
    in_block()
        .client(query("SAVEPOINT s"))
        .server(complete("SAVEPOINT") + ready('T'))
        .client(query("INSERT"))
        .server(inserted + ready('T'))
        .skips()
        .client(query("ROLLBACK TO s"))
        .happens({"> Q ROLLBACK TO s"})
        .server(complete("ROLLBACK") + ready('T'))
        .happens({"< C ROLLBACK", "< Z T"})
        .client(query("COMMIT"))
        .happens({"mark", "> Q COMMIT"})
        .holds();
}

TEST(CacheWrites, FailedBlock) {
    in_block()
        .client(query("SELECT fail"))
        .server(error("22012", "division") + ready('E'))
        .client(query("COMMIT"))
        .skips()
        .server(complete("ROLLBACK"))
        .happens({"bump", "< C ROLLBACK"})
        .server(ready('I'))
        .happens({"bump", "forget", "< Z I", "unmark"})
        .given_back()
        .holds();
}

// A deferred constraint.
TEST(CacheWrites, CommitThatFails) {
    in_block()
        .client(query("COMMIT"))
        .happens({"mark", "> Q COMMIT"})
        .server(error("23503", "foreign key"))
        .happens({"< E ERROR 23503 foreign key"})
        .server(ready('I'))
        .happens({"bump", "forget", "< Z I", "unmark"})
        .given_back()
        .holds();
}

TEST(CacheWrites, CommitAndChain) {
    in_block()
        .client(query("COMMIT AND CHAIN"))
        .happens({"mark", "> Q COMMIT AND CHAIN"})
        .server(complete("COMMIT") + ready('T'))
        .happens({"bump", "< C COMMIT", "bump", "< Z T", "unmark"})
        .kept()
        .client(query("ROLLBACK AND CHAIN"))
        .happens({"> Q ROLLBACK AND CHAIN"})
        .server(complete("ROLLBACK") + ready('T'))
        .happens({"< C ROLLBACK", "< Z T"})
        .client(query("END"))
        .happens({"mark", "> Q END"})
        .holds();
}

TEST(CacheWrites, TwoPhases) {
    in_block()
        .client(query("PREPARE TRANSACTION 'x'"))
        .happens({"mark", "> Q PREPARE TRANSACTION 'x'"})
        .server(complete("PREPARE TRANSACTION") + ready('I'))
        .happens({"bump", "< C PREPARE TRANSACTION", "bump", "forget", "< Z I", "unmark"})
        .given_back()
        .client(query("COMMIT PREPARED 'x'"))
        .happens({"note COMMIT PREPARED 'x'", "mark", "> Q COMMIT PREPARED 'x'"})
        .server(complete("COMMIT PREPARED") + ready('I'))
        .happens({"bump", "< C COMMIT PREPARED", "bump", "forget", "< Z I", "unmark"})
        .holds();
}

// ---- other ways to write ----

TEST(CacheWrites, CallDoAndExecute) {
    for (const std::string text : {"CALL p()", "DO $$begin end$$", "EXECUTE s"}) {
        SCOPED_TRACE(text);
        cache_script().client(query(text)).happens({"note " + text, "mark", "> Q " + text}).holds();
        in_block().client(query(text)).happens({"note " + text, "> Q " + text}).holds();
    }
}

TEST(CacheWrites, FunctionCall) {
    cache_script()
        .client(function_call(42))
        .happens({"note anything", "mark", "> F"})
        .server(function_result("x"))
        .happens({"< V x"})
        .server(ready('I'))
        .calls({"bump", "forget", "unmark"})
        .holds();
}

TEST(CacheWrites, CopyIn) {
    const std::string text = "COPY t FROM STDIN";
    cache_script()
        .client(query(text))
        .happens({"note " + text, "mark", "> Q " + text})
        .server(copy_response('G'))
        .client(copy_data("a") + copy_done())
        .happens({"> d", "> c", "< G"})
        .server(complete("COPY 1") + ready('I'))
        .happens({"bump", "< C COPY 1", "bump", "forget", "< Z I", "unmark"})
        .given_back()
        .holds();
    cache_script()
        .client(query(text))
        .server(copy_response('G'))
        .client(copy_data("a") + copy_fail("enough"))
        .skips()
        .server(error("57014", "enough") + ready('I'))
        .happens({"< E ERROR 57014 enough", "bump", "forget", "< Z I", "unmark"})
        .given_back()
        .holds();
}

TEST(CacheWrites, CopyOut) {
    cache_script()
        .client(query("COPY t TO STDOUT"))
        .happens({"> Q COPY t TO STDOUT"})
        .server(copy_response('H') + copy_data("a") + copy_done() + complete("COPY 1") + ready('I'))
        .happens({"< H", "< d", "< c", "< C COPY 1", "< Z I"})
        .given_back()
        .holds();
}

TEST(CacheWrites, TextTooLargeToBeLookedAt) {
    const std::string large = query("INSERT " + std::string(session::max_text_message, 'x'));
    cache_script()
        .client_at_once(large.substr(0, 100000))
        .calls({"note anything", "mark"})
        .client_at_once(large.substr(100000))
        .skips()
        .server(inserted)
        .happens({"bump", "< C INSERT 0 1"})
        .server(ready('I'))
        .calls({"bump", "forget", "unmark"})
        .holds();
}

// ---- pipelines ----

TEST(CacheWrites, EachStatementHasItsMark) {
    cache_script()
        .client(query("INSERT") + query("UPDATE"))
        .happens({"note INSERT", "mark", "> Q INSERT", "note UPDATE", "mark", "> Q UPDATE"})
        .server(inserted)
        .happens({"bump", "< C INSERT 0 1"})
        .server(ready('I'))
        .happens({"bump", "< Z I", "unmark"})
        .server(complete("UPDATE 1") + ready('I'))
        .happens({"bump", "< C UPDATE 1", "bump", "forget", "< Z I", "unmark"})
        .given_back()
        .holds();
}

// In which transaction the last two are is not known when they are forwarded.
TEST(CacheWrites, BlockInAPipeline) {
    cache_script()
        .client(query("BEGIN") + query("INSERT") + query("COMMIT") + query("UPDATE"))
        .calls({"note INSERT", "mark", "note UPDATE", "mark"})
        .server(begin_done + inserted + ready('T'))
        .happens({"< C INSERT 0 1", "< Z T"})
        .server(complete("COMMIT") + ready('I'))
        .happens({"bump", "< C COMMIT", "bump", "< Z I", "unmark"})
        .server(complete("UPDATE 1") + ready('I'))
        .happens({"bump", "< C UPDATE 1", "bump", "forget", "< Z I", "unmark"})
        .given_back()
        .holds();
}

TEST(CacheWrites, BeginForwardedInFrontOfAWrite) {
    cache_script()
        .client(query("BEGIN ISOLATION LEVEL SERIALIZABLE") + query("INSERT"))
        .calls({"note INSERT", "mark"})
        .server(complete("BEGIN") + ready('T') + inserted + ready('T'))
        .calls({"bump", "bump", "unmark"})
        .client(query("COMMIT"))
        .happens({"mark", "> Q COMMIT"})
        .holds();
}

// ---- lost and gone ----

TEST(CacheWrites, ServerLostInCommit) {
    in_block().client(query("COMMIT")).skips().server_is_lost().calls({"lost 101", "forget"}).holds();
}

TEST(CacheWrites, ServerLostInABlock) {
    in_block().server_is_lost().calls({"forget"}).holds();
}

// The duty to bump is the server's conversation's.
TEST(CacheWrites, ClientLeavesInCommit) {
    for (const bool orderly : {false, true})
        in_block()
            .client(query("COMMIT"))
            .leaves(orderly)
            .skips()
            .server(complete("COMMIT") + ready('I'))
            .happens({"bump", "bump", "forget", "unmark"})
            .given_back()
            .holds();
}

TEST(CacheWrites, ClientLeavesInABlock) {
    in_block()
        .leaves(true)
        .happens({"> Q ROLLBACK"})
        .server(complete("ROLLBACK") + ready('I'))
        .happens({"forget"})
        .given_back()
        .holds();
}

// ---- session mode: there are no hits, but what is written counts ----

TEST(CacheWrites, SessionMode) {
    cache_script(false)
        .client(query("SELECT 1"))
        .happens({"> Q SELECT 1"})
        .server(complete("SELECT 1") + ready('I'))
        .skips()
        .client(query("INSERT"))
        .happens({"note INSERT", "mark", "> Q INSERT"})
        .server(inserted + ready('I'))
        .happens({"bump", "< C INSERT 0 1", "bump", "forget", "< Z I", "unmark"})
        .client(query("BEGIN"))
        .server(complete("BEGIN") + ready('T'))
        .skips()
        .client(query("INSERT"))
        .happens({"note INSERT", "> Q INSERT"})
        .server(inserted + ready('T'))
        .skips()
        .client(query("COMMIT"))
        .happens({"mark", "> Q COMMIT"})
        .holds();
}

}  // namespace
}  // namespace pgweir::test

#include <gmock/gmock.h>

#include "base/published.hpp"
#include "session/cache_script.hpp"
#include "sql/suspects.hpp"

// The same by the extended protocol, where CommandComplete comes before the commit of an implicit transaction, which is
// at Sync; but some statements commit when they are executed.

namespace pgweir::test {
namespace {

using lines = std::vector<std::string>;

const std::string inserted = complete("INSERT 0 1");
const std::string bound = parse_complete() + bind_complete();

std::string run(std::string_view text) {
    return parse("", text) + bind_to("") + execute();
}

// In a transaction block that was begun so, and has written.
cache_script in_block() {
    cache_script script;
    script
        .client(run("BEGIN READ WRITE") + sync())  // which is not deferred
        .server(bound + complete("BEGIN") + ready('T'))
        .client(run("INSERT") + sync())
        .server(bound + inserted + ready('T'))
        .calls({"note INSERT"});
    return script;
}

TEST(CacheCommits, ImplicitTransactionCommitsAtSync) {
    cache_script()
        .client(run("INSERT"))
        .happens({"> P INSERT", "note INSERT", "> B", "> E"})
        .server(bound + inserted)
        .happens({"< 1", "< 2", "< C INSERT 0 1"})
        .client(sync())
        .happens({"mark", "> S"})
        .server(ready('I'))
        .happens({"bump", "forget", "< Z I", "unmark"})
        .given_back()
        .holds();
}

TEST(CacheCommits, AllInOnePacket) {
    cache_script()
        .client(run("INSERT") + sync())
        .happens({"> P INSERT", "note INSERT", "> B", "> E", "mark", "> S"})
        .server(bound + inserted + ready('I'))
        .happens({"< 1", "< 2", "< C INSERT 0 1", "bump", "forget", "< Z I", "unmark"})
        .given_back()
        .holds();
}

TEST(CacheCommits, NamedStatement) {
    cache_script()
        .client(parse("s", "INSERT") + sync())
        .server(parse_complete() + ready('I'))
        .happens({"> P INSERT", "> S", "< 1", "< Z I"})
        .client(bind_to("s") + execute() + sync())
        .happens({"> P INSERT", "note INSERT", "> B", "> E", "mark", "> S"})
        .server(bound + inserted + ready('I'))
        .calls({"bump", "forget", "unmark"})
        .holds();
}

TEST(CacheCommits, ReadsAndSyncAlone) {
    cache_script()
        .client(parse("", "SELECT 1") + bind_to("", {}, "p") + execute(0, "p") + sync())
        .server(bound + complete("SELECT 1") + ready('I'))
        .client(sync())
        .calls({})
        .holds();
}

// Drivers ask so whether a connection is alive.
TEST(CacheCommits, EmptyStatementWritesNothing) {
    for (const bool shares : {true, false})
        for (const std::string text : {"", " -- ping"})
            cache_script(shares)
                .client(run(text) + sync())
                .server(bound + empty_query() + ready('I'))
                .calls({})
                .holds();
}

TEST(CacheCommits, StatementThatFails) {
    for (const std::string& answers :
         {error("42601", "syntax"), parse_complete() + error("22P02", "invalid"), bound + error("23505", "duplicate")})
        cache_script()
            .client(run("INSERT") + sync())
            .calls({"note INSERT", "mark"})
            .server(answers)
            .calls({})
            .server(ready('I'))
            .calls({"bump", "forget", "unmark"})
            .given_back()
            .holds();
}

// ---- what commits when it is executed ----

TEST(CacheCommits, Block) {
    in_block()
        .client(run("COMMIT"))
        .happens({"> P COMMIT", "> B", "mark", "> E"})
        .server(bound + complete("COMMIT"))
        .happens({"< 1", "< 2", "bump", "< C COMMIT", "unmark"})
        .client(sync())
        .server(ready('I'))
        .calls({"mark", "bump", "forget", "unmark"})
        .given_back()
        .holds();
}

TEST(CacheCommits, RolledBack) {
    in_block()
        .client(run("ROLLBACK") + sync())
        .server(bound + complete("ROLLBACK") + ready('I'))
        .calls({"mark", "bump", "forget", "unmark"})
        .given_back()
        .holds();
}

// What follows COMMIT before Sync is in no block, also when COMMIT is answered already.
TEST(CacheCommits, WriteBehindCommitBeforeTheSameSync) {
    in_block()
        .client(run("COMMIT") + flush())
        .server(bound + complete("COMMIT"))
        .skips()
        .client(run("UPDATE"))
        .server(bound + complete("UPDATE 1"))
        .skips()
        .client(sync())
        .happens({"mark", "> S"})
        .server(ready('I'))
        .happens({"bump", "forget", "< Z I", "unmark"})
        .holds();
    in_block()
        .client(run("COMMIT") + flush())
        .server(bound + complete("COMMIT"))
        .skips()
        .client(query("UPDATE"))
        .happens({"note UPDATE", "mark", "> Q UPDATE"})
        .holds();
}

TEST(CacheCommits, BlockEndedInFrontOfAWriteInAPipeline) {
    in_block()
        .client(run("COMMIT") + sync() + run("UPDATE") + sync())
        .calls({"mark", "mark", "note UPDATE", "mark"})
        .server(bound + complete("COMMIT") + ready('I'))
        .calls({"bump", "unmark", "bump", "unmark"})
        .server(bound + complete("UPDATE 1") + ready('I'))
        .calls({"bump", "forget", "unmark"})
        .given_back()
        .holds();
}

TEST(CacheCommits, SimpleQueryCommitsWhatWasExecutedBefore) {
    cache_script()
        .client(run("INSERT"))
        .calls({"note INSERT"})
        .client(query("SELECT 1"))
        .happens({"mark", "> Q SELECT 1"})
        .server(bound + inserted + complete("SELECT 1") + ready('I'))
        .calls({"bump", "bump", "forget", "unmark"})
        .holds();
    cache_script()
        .client(run("INSERT"))
        .skips()
        .client(function_call(1))
        .happens({"note anything", "mark", "> F"})
        .holds();
    cache_script().client(run("INSERT")).skips().client(run("COMMIT")).calls({"mark"}).holds();
}

TEST(CacheCommits, CommandsThatCommitByThemselves) {
    for (const std::string text : {"CALL p()", "DO $$begin commit; end$$", "COMMIT PREPARED 'x'",
                                   "ALTER TABLE t DETACH PARTITION p CONCURRENTLY"}) {
        SCOPED_TRACE(text);
        const std::string noted = "note " + text.substr(0, 40);
        cache_script()
            .client(run(text))
            .calls({noted, "mark"})
            .server(bound + complete("DONE"))
            .happens({"< 1", "< 2", "bump", "< C DONE", "unmark"})
            .client(sync())
            .calls({"mark"})
            .holds();
        cache_script(false)
            .client(run(text))
            .skips()
            .server(bound + complete("DONE"))
            .calls({"bump", "unmark"})
            .holds();
    }
}

// A procedure that leaves no session state behind may commit all the same.
TEST(CacheCommits, ProcedureThatIsKnown) {
    base::published<sql::suspects> routines;
    lab l;
    l.add_client();
    scripted_cache cache;
    conversation& talk = l.at(0).talk;
    talk.use_routines(routines);
    talk.use_cache(cache);
    auto none = std::make_shared<sql::suspects>();
    none->read_at = l.schema.get();
    routines.publish(none);
    l.client_says(0, run("CALL p()"));
    EXPECT_EQ(cache.record.take(), (lines{"note CALL p()", "mark"}));
    l.run();
    EXPECT_EQ(cache.record.take(), (lines{"bump", "unmark"}));
}

// In a block nothing but its end commits.
TEST(CacheCommits, NoMarksInsideOfABlock) {
    for (const std::string text : {"CALL p()", "DO $$begin end$$", "ALTER TABLE t", "INSERT", "SAVEPOINT s"}) {
        SCOPED_TRACE(text);
        in_block()
            .client(run(text) + sync())
            .server(bound + complete("DONE") + ready('T'))
            .calls(text == "SAVEPOINT s" ? lines{} : lines{"note " + text})
            .client(run("COMMIT"))
            .calls({"mark"})
            .holds();
    }
}

// The portal that is executed is not the one bound last: what it is of nobody looks up.
TEST(CacheCommits, PortalsInAnotherOrder) {
    in_block()
        .client(parse("", "COMMIT") + bind_to("", {}, "end") + parse("", "SELECT 1") + bind_to("", {}, "read"))
        .calls({})
        .client(execute(0, "end"))
        .happens({"mark", "> E"})
        .holds();
}

TEST(CacheCommits, StatementMadeBySql) {
    cache_script()
        .client(query("PREPARE p AS INSERT"))
        .server(complete("PREPARE") + ready('I'))
        .skips()
        .server(data_row("found") + complete("SELECT") + ready('I'))
        .skips()
        .client(bind_to("p") + execute() + sync())
        .calls({"note anything", "mark", "mark"})
        .holds();
}

TEST(CacheCommits, CallThatFailsBehindItsCommit) {
    cache_script()
        .client(run("CALL p()") + run("INSERT") + sync())
        .calls({"note CALL p()", "mark", "note INSERT", "mark"})
        .server(bound + error("22012", "division"))
        .happens({"< 1", "< 2", "< E ERROR 22012 division", "bump", "unmark"})
        .server(ready('I'))
        .happens({"bump", "forget", "< Z I", "unmark"})
        .holds();
}

// ---- large messages ----

// A Parse of which more than the first piece never lies in one buffer.
void parse_in_pieces(cache_script& script, std::string_view name) {
    const std::string whole = parse(name, "INSERT " + std::string(session::max_text_message, 'x'));
    script.client_at_once(whole.substr(0, 100000)).client_at_once(whole.substr(100000));
}

TEST(CacheCommits, TextTooLargeToBeLookedAt) {
    for (const std::string name : {"", "s"})
        for (const bool shares : {true, false}) {
            cache_script script(shares);
            parse_in_pieces(script, name);
            script.calls({})
                .client(bind_to(name) + execute())
                .calls({"note anything", "mark"})
                .client(sync())
                .calls({"mark"})
                .holds();
        }
}

// The unnamed statement was a read before.
TEST(CacheCommits, LargeTextInPlaceOfARead) {
    for (const bool shares : {true, false}) {
        cache_script script(shares);
        script.client(parse("", "SELECT 1") + sync()).server(parse_complete() + ready('I'));
        parse_in_pieces(script, "");
        script.client(bind_to("") + execute() + sync()).calls({"note anything", "mark", "mark"}).holds();
    }
}

TEST(CacheCommits, LargeBind) {
    const std::string large(200000, 'x');
    cache_script()
        .client(parse("", "INSERT $1") + bind_to("", {large}) + execute() + sync())
        .calls({"note INSERT $1", "mark"})
        .server(bound + inserted + ready('I'))
        .calls({"bump", "forget", "unmark"})
        .given_back()
        .holds();
}

// ---- COPY ----

// The Sync right behind Execute reaches a server that ignores it then.
TEST(CacheCommits, CopyInWithSyncRightBehindExecute) {
    cache_script()
        .client(run("COPY t FROM STDIN") + sync())
        .calls({"note COPY t FROM STDIN", "mark"})
        .server(bound + copy_response('G'))
        .client(copy_data("a") + copy_done() + sync())
        .calls({"mark"})
        .server(complete("COPY 1"))
        .happens({"< C COPY 1", "bump", "unmark"})
        .server(ready('I'))
        .happens({"bump", "forget", "< Z I", "unmark"})
        .given_back()
        .holds();
}

TEST(CacheCommits, CopyInEndsWithItsOwnSync) {
    cache_script()
        .client(run("COPY t FROM STDIN") + sync())
        .server(bound + copy_response('G'))
        .client(copy_data("a") + copy_done())
        .server(complete("COPY 1"))
        .client(sync())
        .server(ready('I'))
        .skips()
        .given_back()
        .holds();
}

TEST(CacheCommits, CopyInThatFails) {
    cache_script()
        .client(run("COPY t FROM STDIN") + sync())
        .server(bound + copy_response('G'))
        .client(copy_data("a") + copy_fail("enough") + sync())
        .server(error("57014", "enough") + ready('I'))
        .skips()
        .given_back()
        .holds();
}

// ---- session mode ----

TEST(CacheCommits, SessionMode) {
    cache_script(false)
        .client(parse("r", "SELECT 1") + parse("w", "INSERT") + sync())
        .server(parse_complete() + parse_complete() + ready('I'))
        .skips()
        .client(bind_to("r") + execute() + sync())
        .server(bind_complete() + complete("SELECT 1") + ready('I'))
        .calls({})
        .client(bind_to("w") + execute() + sync())
        .happens({"note anything", "> B", "> E", "mark", "> S"})
        .server(bind_complete() + inserted + ready('I'))
        .calls({"bump", "forget", "unmark"})
        .client(run("BEGIN") + sync())
        .server(bound + complete("BEGIN") + ready('T'))
        .client(bind_to("r") + execute() + sync())
        .server(bind_complete() + complete("SELECT 1") + ready('T'))
        .client(run("COMMIT") + sync())
        .server(bound + complete("COMMIT") + ready('I'))
        .calls({})
        .client(bind_to("unknown") + execute() + sync())
        .calls({"note anything", "mark", "mark"})
        .holds();
}

// ---- lost and gone ----

TEST(CacheCommits, ServerLostBehindSync) {
    cache_script()
        .client(run("INSERT") + sync())
        .server(bound + inserted)
        .skips()
        .server_is_lost()
        .calls({"lost 101", "forget"})
        .holds();
}

TEST(CacheCommits, ClientLeavesBeforeSync) {
    cache_script()
        .client(run("INSERT"))
        .server(bound + inserted)
        .skips()
        .leaves(false)
        .happens({"> B", "> S"})
        .server(error("26000", "no such statement") + ready('I'))
        .happens({"forget"})
        .given_back()
        .holds();
}

}  // namespace
}  // namespace pgweir::test

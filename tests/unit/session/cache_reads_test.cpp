#include <gmock/gmock.h>

#include "session/cache_messages.hpp"
#include "session/cache_script.hpp"

// Reads that the cache answers in place of a server, by the simple protocol.

namespace pgweir::test {
namespace {

using how = scripted_cache::how;
using lines = std::vector<std::string>;

const std::string begun = complete("BEGIN") + ready('T');

// What a client hears of a read.
lines told(const std::string& text, const std::string& value, char status = 'I') {
    return {"< T " + text, "< D " + value, "< C SELECT 1", std::string("< Z ") + status};
}

lines all(lines first, const lines& more) {
    first.insert(first.end(), more.begin(), more.end());
    return first;
}

lines hit(const std::string& text, char status = 'I') {
    return all({"ask " + text + ": hit"}, told(text, "stored " + text, status));
}

TEST(CacheReads, MissIsCapturedAndHitIsAnswered) {
    cache_script()
        .answers("SELECT 1", how::fill)
        .client(query("SELECT 1"))
        .happens({"ask SELECT 1: fill", "> Q SELECT 1"})
        .server(row("SELECT 1"))
        .happens({"< T SELECT 1", "< D SELECT 1", "< C SELECT 1"})
        .server(ready('I'))
        .happens({"filled 1", "< Z I"})
        .given_back()
        .answers("SELECT 1", how::hit)
        .client(query("SELECT 1"))
        .happens(hit("SELECT 1"))
        .no_server()
        .holds();
}

TEST(CacheReads, WhatIsKept) {
    cache_script()
        .answers("SELECT 1", how::fill)
        .client(query("SELECT 1"))
        .server(row("SELECT 1") + ready('I'))
        .skips()
        .stored(row_description("SELECT 1"), data_row("SELECT 1") + complete("SELECT 1"))
        .holds();
}

TEST(CacheReads, WhatIsNotARead) {
    for (const std::string text : {"INSERT", "SET x TO 'y'", "SHOW x", "EXPLAIN SELECT 1", "FETCH 1", "EXECUTE s", "",
                                   "\"select\" 1", "selects"}) {
        SCOPED_TRACE(text);
        cache_script().client(query(text)).asked(0).skips().holds();
    }
    for (const std::string text : {"SELECT 1", " ((values (1)))", "/* a */ TABLE t", "WITH a AS (SELECT 1) SELECT 2"}) {
        SCOPED_TRACE(text);
        cache_script().client(query(text)).asked(1).skips().holds();
    }
}

TEST(CacheReads, HintsInFrontOfTexts) {
    const std::string text = "/*pgweir:ttl=3s*/TABLE t";
    cache_script()
        .answers(text, how::hit)
        .client(query(text))
        .happens(all({"ask " + text + ", ttl: hit"}, told(text, "stored " + text)))
        .client(query("/*pgweir:refresh,no-cache*/TABLE t"))
        .happens(
            {"ask /*pgweir:refresh,no-cache*/TABLE t, no-cache, refresh", "> Q /*pgweir:refresh,no-cache*/TABLE t"})
        .holds();
    cache_script()
        .client(query("TABLE t /*pgweir:refresh*/"))
        .happens({"ask TABLE t /*pgweir:refresh*/", "> Q TABLE t /*pgweir:refresh*/"})
        .holds();
    cache_script()
        .cache([](scripted_cache& c) { c.takes_no_hints(); })
        .answers(text, how::hit)
        .client(query(text))
        .happens(all({"ask " + text + ": hit"}, told(text, "stored " + text)))
        .holds();
}

TEST(CacheReads, RunIsNotCaptured) {
    cache_script()
        .client(query("SELECT 1"))
        .happens({"ask SELECT 1", "> Q SELECT 1"})
        .server(row("SELECT 1") + ready('I'))
        .happens(told("SELECT 1", "SELECT 1"))
        .given_back()
        .holds();
}

TEST(CacheReads, NothingIsAskedOfOneThatServesNothing) {
    cache_script()
        .cache([](scripted_cache& c) { c.serves_nothing(); })
        .client(query("SELECT 1"))
        .happens({"> Q SELECT 1"})
        .holds();
}

TEST(CacheReads, SessionModeAsksNothing) {
    cache_script(false).client(query("SELECT 1")).happens({"> Q SELECT 1"}).holds();
}

// ---- pipelines ----

TEST(CacheReads, HitsBetweenOthersKeepTheirTurn) {
    cache_script()
        .answers("SELECT 2", how::hit)
        .answers("SELECT 4", how::hit)
        .client(query("SELECT 1") + query("SELECT 2") + query("SELECT 3") + query("SELECT 4"))
        .happens({"ask SELECT 1", "> Q SELECT 1", "ask SELECT 2, no wait: hit", "ask SELECT 3, no wait", "> Q SELECT 3",
                  "ask SELECT 4, no wait: hit"})
        .server(row("SELECT 1") + ready('I'))
        .happens(all(told("SELECT 1", "SELECT 1"), told("SELECT 2", "stored SELECT 2")))
        .kept()
        .server(row("SELECT 3") + ready('I'))
        .happens(all(told("SELECT 3", "SELECT 3"), told("SELECT 4", "stored SELECT 4")))
        .given_back()
        .holds();
}

TEST(CacheReads, HitsAloneNeedNoServer) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .answers("SELECT 2", how::hit)
        .client(query("SELECT 1") + query("SELECT 2"))
        .happens(all(hit("SELECT 1"), hit("SELECT 2")))
        .no_server()
        .holds();
}

TEST(CacheReads, OneFillAtATime) {
    cache_script()
        .answers("SELECT 1", how::fill)
        .answers("SELECT 2", how::run)
        .client(query("SELECT 1") + query("SELECT 2"))
        .happens({"ask SELECT 1: fill", "> Q SELECT 1", "ask SELECT 2, no fill, no wait", "> Q SELECT 2"})
        .server(row("SELECT 1"))
        .happens({"< T SELECT 1", "< D SELECT 1", "< C SELECT 1"})
        .server(ready('I') + row("SELECT 2") + ready('I'))
        .happens(all({"filled 1", "< Z I"}, told("SELECT 2", "SELECT 2")))
        .given_back()
        .holds();
}

// What is asked behind something that is no read would be answered out of its order.
TEST(CacheReads, NothingIsAskedBehindAWriteUnderWay) {
    for (const std::string first : {"INSERT", "BEGIN READ WRITE", "SET TimeZone TO 'x'", "VALUES (1); INSERT"}) {
        SCOPED_TRACE(first);
        cache_script()
            .answers("SELECT 2", how::hit)
            .client(query(first) + query("SELECT 2"))
            .skips()
            .asked(first[0] == 'V')
            .holds();
    }
}

TEST(CacheReads, NothingIsAskedBehindExtendedMessagesWithoutSync) {
    cache_script()
        .answers("SELECT 2", how::hit)
        .client(parse("", "SELECT 1") + bind_to("") + execute())
        .happens({"> P SELECT 1", "> B", "> E"})
        .client(query("SELECT 2"))
        .happens({"> Q SELECT 2"})
        .holds();
}

// ---- transaction blocks ----

TEST(CacheReads, BlockOfHitsTakesNoServer) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client(query("BEGIN"))
        .happens({"< C BEGIN", "< Z T"})
        .client(query("SELECT 1") + query("SELECT 1"))
        .happens(all(hit("SELECT 1", 'T'), hit("SELECT 1", 'T')))
        .client(query("COMMIT"))
        .happens({"< C COMMIT", "< Z I"})
        .no_server()
        .holds();
}

TEST(CacheReads, BlockThatGoesOnToWrite) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client(query("BEGIN"))
        .client(query("SELECT 1"))
        .happens(all({"< C BEGIN", "< Z T"}, hit("SELECT 1", 'T')))
        .client(query("INSERT"))
        .happens({"> P BEGIN", "> B", "> E", "note INSERT", "> Q INSERT"})
        .server(parse_complete() + bind_complete() + complete("BEGIN") + complete("INSERT 0 1") + ready('T'))
        .happens({"< C INSERT 0 1", "< Z T"})
        .client(query("SELECT 1"))
        .happens({"> Q SELECT 1"})
        .server(row("SELECT 1") + ready('T'))
        .happens(told("SELECT 1", "SELECT 1", 'T'))
        .client(query("COMMIT"))
        .happens({"mark", "> Q COMMIT"})
        .server(complete("COMMIT") + ready('I'))
        .happens({"bump", "< C COMMIT", "bump", "forget", "< Z I", "unmark"})
        .given_back()
        .client(query("SELECT 1"))
        .happens(hit("SELECT 1"))
        .holds();
}

TEST(CacheReads, MissInABlockTakesItsServerAndTheNextOneHits) {
    cache_script()
        .answers("SELECT 1", how::fill)
        .answers("SELECT 2", how::hit)
        .client(query("BEGIN"))
        .happens({"< C BEGIN", "< Z T"})
        .client(query("SELECT 1"))
        .happens({"ask SELECT 1: fill", "> P BEGIN", "> B", "> E", "> Q SELECT 1"})
        .client(query("SELECT 2"))
        .happens({"> Q SELECT 2"})
        .server(parse_complete() + bind_complete() + complete("BEGIN") + row("SELECT 1") + ready('T') +
                row("SELECT 2") + ready('T'))
        .happens(all(all({"< T SELECT 1", "< D SELECT 1", "< C SELECT 1"}, {"filled 1", "< Z T"}),
                     told("SELECT 2", "SELECT 2", 'T')))
        .client(query("SELECT 2"))
        .happens(all({"ask SELECT 2, no wait: hit"}, told("SELECT 2", "stored SELECT 2", 'T')))
        .kept()
        .holds();
}

// What else was done in the block may change what a read in it would answer.
TEST(CacheReads, BlockThatDidMoreThanRead) {
    for (const std::string text : {"INSERT", "SET LOCAL x TO 'y'", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
                                   "DECLARE c CURSOR FOR SELECT 1", "SELECT writes()", "LOCK TABLE t"}) {
        cache_script()
            .answers("SELECT 1", how::hit)
            .client(query("BEGIN"))
            .client(query(text))
            .server(parse_complete() + bind_complete() + complete("BEGIN") + complete("DONE") + ready('T'))
            .skips()
            .client(query("SELECT 1"))
            .happens({"> Q SELECT 1"})
            .holds();
    }
}

TEST(CacheReads, BlockOfAnotherKind) {
    for (const std::string text : {"BEGIN ISOLATION LEVEL SERIALIZABLE", "BEGIN; SELECT 3", "BEGIN; INSERT"}) {
        cache_script()
            .answers("SELECT 1", how::hit)
            .client(query(text))
            .server(begun)
            .skips()
            .client(query("SELECT 1"))
            .happens({"> Q SELECT 1"})
            .holds();
    }
}

// Each read of it sees what the first one saw.
TEST(CacheReads, BlockOfAnotherIsolationLevelThatHasNoServer) {
    const std::string level = "ISOLATION LEVEL REPEATABLE READ";
    for (const auto& begin : {query("BEGIN " + level), query("BEGIN") + query("SET TRANSACTION " + level)}) {
        cache_script()
            .answers("SELECT 1", how::hit)
            .client(begin)
            .skips()
            .client(query("SELECT 1"))
            .happens({"> P BEGIN " + level, "> B", "> E", "> Q SELECT 1"})
            .server(parse_complete() + bind_complete() + complete("BEGIN") + row("SELECT 1") + ready('T'))
            .skips()
            .client(query("SELECT 1"))
            .happens({"> Q SELECT 1"})
            .server(row("SELECT 1") + ready('T'))
            .skips()
            .client(query("COMMIT"))
            .server(complete("COMMIT") + ready('I'))
            .skips()
            .client(query("BEGIN READ ONLY") + query("SELECT 1"))
            .happens(all({"< C BEGIN", "< Z T"}, hit("SELECT 1", 'T')))
            .holds();
    }
}

TEST(CacheReads, ModesThatAreSetBehindAHitAreTheServersAffair) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client(query("BEGIN") + query("SELECT 1"))
        .skips()
        .client(query("SET TRANSACTION READ ONLY"))
        .happens({"> P BEGIN", "> B", "> E", "> Q SET TRANSACTION READ ONLY"})
        .holds();
}

// The ReadyForQuery of what came before says nothing about the block that begins behind it.
TEST(CacheReads, BlockBegunBehindAReadUnderWay) {
    for (const std::string text : {"BEGIN ISOLATION LEVEL SERIALIZABLE", "BEGIN; INSERT"}) {
        cache_script()
            .answers("SELECT 1", how::hit)
            .client(query("SELECT 3") + query(text))
            .server(row("SELECT 3") + ready('I'))
            .server(begun)
            .skips()
            .client(query("SELECT 1"))
            .happens({"> Q SELECT 1"})
            .holds();
    }
}

// CommandComplete has come and ReadyForQuery has not: what the client is in is not known.
TEST(CacheReads, BlockBegunByABatchThatIsNotAnsweredToItsEnd) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client(parse("", "BEGIN ISOLATION LEVEL SERIALIZABLE") + bind_to("") + execute() + sync())
        .server(parse_complete() + bind_complete() + complete("BEGIN"))
        .skips()
        .client(query("SELECT 1"))
        .happens({"> Q SELECT 1"})
        .server(ready('T') + row("SELECT 1") + ready('T'))
        .happens(all({"< Z T"}, told("SELECT 1", "SELECT 1", 'T')))
        .holds();
}

TEST(CacheReads, FailedBlock) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client(query("BEGIN"))
        .client(query("SELECT fail"))
        .server(parse_complete() + bind_complete() + complete("BEGIN") + error("22012", "division") + ready('E'))
        .skips()
        .client(query("SELECT 1"))
        .happens({"> Q SELECT 1"})
        .holds();
}

TEST(CacheReads, ChainedBlockIsTheOneBefore) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client(query("BEGIN"))
        .client(query("INSERT"))
        .server(parse_complete() + bind_complete() + complete("BEGIN") + complete("INSERT 0 1") + ready('T'))
        .client(query("COMMIT AND CHAIN"))
        .server(complete("COMMIT") + ready('T'))
        .skips()
        .client(query("SELECT 1"))
        .happens({"> Q SELECT 1"})
        .holds();
}

TEST(CacheReads, OtherIsolationThanReadCommitted) {
    for (const std::string& before : {query("BEGIN"), std::string()}) {
        cache_script()
            .cache([](scripted_cache& c) { c.says_not_read_committed(); })
            .answers("SELECT 1", how::hit)
            .client(before)
            .client(query("SELECT 1"))
            .asked(0)
            .skips()
            .holds();
    }
}

TEST(CacheReads, LostBlock) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client(query("BEGIN"))
        .client(query("INSERT"))
        .server_is_lost()
        .skips()
        .client(query("SELECT 1"))
        .happens({"< E ERROR 25P02 current transaction is aborted, commands ignored until end of transaction block",
                  "< Z E"})
        .client(query("ROLLBACK"))
        .happens({"< C ROLLBACK", "< Z I"})
        .client(query("SELECT 1"))
        .happens(hit("SELECT 1"))
        .holds();
}

// ---- what is not known of the session ----

TEST(CacheReads, PinnedSession) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client(query("CREATE TEMP TABLE t (a int)"))
        .server(complete("CREATE TABLE") + ready('I'))
        .skips()
        .client(query("SELECT 1"))
        .happens({})
        .holds();
}

TEST(CacheReads, SettingsCountInTheKey) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client(query("SELECT 1"))
        .client(query("SET TimeZone TO 'x'"))
        .server(complete("SET") + parameter("TimeZone", "x") + ready('I'))
        .client(query("SELECT 1"))
        .cache([](scripted_cache& c) {
            c.record.take();
            ASSERT_EQ(c.keys.size(), 2U);
            EXPECT_NE(c.keys[0], c.keys[1]);
        })
        .holds();
}

TEST(CacheReads, CommentsDoNotCountInTheKey) {
    cache_script()
        .answers("SELECT 1 /* trace 1 */", how::hit)
        .answers("/* trace 2 */ SELECT 1", how::hit)
        .answers("SELECT  1", how::hit)
        .answers("SELECT 1", how::hit)
        .client(query("SELECT 1 /* trace 1 */"))
        .client(query("/* trace 2 */ SELECT 1"))
        .client(query("SELECT 1"))
        .client(query("SELECT  1"))
        .cache([](scripted_cache& c) {
            c.record.take();
            ASSERT_EQ(c.keys.size(), 4U);
            EXPECT_EQ(c.keys[0], c.keys[1]);
            EXPECT_EQ(c.keys[0], c.keys[2]);
            EXPECT_NE(c.keys[0], c.keys[3]);
        })
        .holds();
}

TEST(CacheReads, StringsWithBackslashesAreNotReadThenAsked) {
    cache_script()
        .startup({{"standard_conforming_strings", "off"}})
        .answers("SELECT 1", how::hit)
        .client(query("SELECT 1"))
        .asked(0)
        .skips()
        .holds();
}

// As any simple query does it destroys the unnamed statement.
TEST(CacheReads, HitForgetsTheUnnamedStatement) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client(parse("", "SELECT 2") + sync())
        .server(parse_complete() + ready('I'))
        .client(query("SELECT 1"))
        .skips()
        .client(bind_to("") + execute() + sync())
        .happens({"> B", "> E", "> S"})
        .server(error("26000", "no such statement") + ready('I'))
        .happens({"< E ERROR 26000 unnamed prepared statement does not exist", "< Z I"})
        .holds();
}

}  // namespace
}  // namespace pgweir::test

#include <gmock/gmock.h>

#include "session/cache_messages.hpp"
#include "session/cache_script.hpp"

// Reads that the cache answers in place of a server, by the extended protocol: Parse, Bind, Describe and Execute as a
// whole. A batch of which only a part is here is not looked at, so that a hit may become a miss by the pieces it comes
// in; what the client hears is the same.

namespace pgweir::test {
namespace {

using how = scripted_cache::how;
using lines = std::vector<std::string>;

TEST(CacheBatches, MissIsCapturedAndHitIsAnswered) {
    cache_script()
        .answers("SELECT 1", how::fill)
        .client_at_once(batch("SELECT 1") + sync())
        .happens({"ask SELECT 1: fill", "> P SELECT 1", "> B", "> D", "> E", "> S"})
        .server(parse_complete() + bind_complete() + row("SELECT 1"))
        .happens({"< 1", "< 2", "< T SELECT 1", "< D SELECT 1", "< C SELECT 1"})
        .server(ready('I'))
        .happens({"filled 1", "< Z I"})
        .given_back()
        .answers("SELECT 1", how::hit)
        .client_at_once(batch("SELECT 1") + sync())
        .happens({"ask SELECT 1: hit", "< 1", "< 2", "< T SELECT 1", "< D stored SELECT 1", "< C SELECT 1", "< Z I"})
        .no_server()
        .holds();
}

TEST(CacheBatches, WithoutDescribe) {
    const std::string asked = parse("", "SELECT 1") + bind_to("") + execute() + sync();
    cache_script()
        .answers("SELECT 1", how::fill)
        .client_at_once(asked)
        .happens({"ask SELECT 1, undescribed: fill", "> P SELECT 1", "> B", "> E", "> S"})
        .server(parse_complete() + bind_complete() + data_row("1") + complete("SELECT 1") + ready('I'))
        .happens({"< 1", "< 2", "< D 1", "< C SELECT 1", "filled 1", "< Z I"})
        .stored("", data_row("1") + complete("SELECT 1"))
        .answers("SELECT 1", how::hit)
        .client_at_once(asked)
        .happens({"ask SELECT 1, undescribed: hit", "< 1", "< 2", "< D stored SELECT 1", "< C SELECT 1", "< Z I"})
        .no_server()
        .holds();
}

// asyncpg's fetchrow() wants one row.
TEST(CacheBatches, RowLimit) {
    const std::string asked = parse("", "SELECT 1") + bind_to("") + describe('P', "") + execute(1) + sync();
    const std::string of_one = data_row("1") + suspended();
    cache_script()
        .answers("SELECT 1", how::fill)
        .client_at_once(asked)
        .happens({"ask SELECT 1, 1 rows: fill", "> P SELECT 1", "> B", "> D", "> E", "> S"})
        .server(parse_complete() + bind_complete() + row_description("SELECT 1") + of_one + ready('I'))
        .happens({"< 1", "< 2", "< T SELECT 1", "< D 1", "< s", "filled 1", "< Z I"})
        .stored(row_description("SELECT 1"), of_one)
        .answers("SELECT 1", how::hit)
        .client_at_once(asked)
        .happens(
            {"ask SELECT 1, 1 rows: hit", "< 1", "< 2", "< T SELECT 1", "< D stored SELECT 1", "< C SELECT 1", "< Z I"})
        .no_server()
        .asked(2)
        .client_at_once(parse("", "SELECT 1") + bind_to("") + execute(1) + flush())
        .skips()
        .asked(2)
        .holds();
}

TEST(CacheBatches, RowLimitInABlock) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client(query("BEGIN"))
        .client_at_once(parse("", "SELECT 1") + bind_to("") + execute(1) + sync())
        .skips()
        .asked(0)
        .holds();
}

TEST(CacheBatches, FewerRowsThanTheLimitAreAll) {
    const std::string asked = parse("", "SELECT 1") + bind_to("") + execute(2) + sync();
    const std::string all = data_row("1") + complete("SELECT 1");
    cache_script()
        .answers("SELECT 1", how::fill)
        .client_at_once(asked)
        .skips()
        .server(parse_complete() + bind_complete() + all + ready('I'))
        .happens({"< 1", "< 2", "< D 1", "< C SELECT 1", "filled 1", "< Z I"})
        .stored("", all)
        .holds();
}

TEST(CacheBatches, UnnamedStatementParsedBefore) {
    const std::string run = bind_to("") + execute() + sync();
    cache_script()
        .client(parse("", "SELECT 1") + describe('S', "") + sync())
        .server(parse_complete() + parameter_description() + row_description("SELECT 1") + ready('I'))
        .skips()
        .answers("SELECT 1", how::hit)
        .client_at_once(run)
        .happens({"ask SELECT 1, undescribed: hit", "< 2", "< D stored SELECT 1", "< C SELECT 1", "< Z I"})
        .asked(1)
        .client(query("SET TimeZone TO 'x'"))
        .server(complete("SET") + parameter("TimeZone", "x") + ready('I'))
        .client_at_once(run)
        .skips()
        .asked(1)
        .holds();
}

TEST(CacheBatches, NamedStatement) {
    cache_script()
        .answers("SELECT 1", how::fill)
        .client(parse("s", "SELECT 1") + sync())
        .server(parse_complete() + ready('I'))
        .skips()
        .client_at_once(bind_to("s") + described + sync())
        .happens({"ask SELECT 1: fill", "> P SELECT 1", "> B", "> D", "> E", "> S"})
        .server(parse_complete() + bind_complete() + row("SELECT 1") + ready('I'))
        .happens({"< 2", "< T SELECT 1", "< D SELECT 1", "< C SELECT 1", "filled 1", "< Z I"})
        .answers("SELECT 1", how::hit)
        .client_at_once(bind_to("s") + described + sync())
        .happens({"ask SELECT 1: hit", "< 2", "< T SELECT 1", "< D stored SELECT 1", "< C SELECT 1", "< Z I"})
        .client_at_once(bind_to("s") + execute() + sync())
        .happens({"ask SELECT 1, undescribed: hit", "< 2", "< D stored SELECT 1", "< C SELECT 1", "< Z I"})
        .no_server()
        .holds();
}

TEST(CacheBatches, SettingsHaveChangedSinceItWasParsed) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client(parse("s", "SELECT 1") + sync())
        .server(parse_complete() + ready('I'))
        .client(query("SET TimeZone TO 'x'"))
        .server(complete("SET") + parameter("TimeZone", "x") + ready('I'))
        .client_at_once(bind_to("s") + described + sync())
        .asked(0)
        .skips()
        .holds();
}

TEST(CacheBatches, SeveralBeforeOneSync) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client_at_once(batch("SELECT 1") + batch("SELECT 1") + sync())
        .happens({"ask SELECT 1: hit", "< 1", "< 2", "< T SELECT 1", "< D stored SELECT 1", "< C SELECT 1",
                  "ask SELECT 1: hit", "< 1", "< 2", "< T SELECT 1", "< D stored SELECT 1", "< C SELECT 1", "< Z I"})
        .no_server()
        .holds();
}

// A hit in front of what a server executes, and none behind it.
TEST(CacheBatches, HitsAndOthersBeforeOneSync) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client_at_once(batch("SELECT 1") + batch("INSERT") + batch("SELECT 1") + sync())
        .happens({"ask SELECT 1: hit", "> P INSERT", "< 1", "< 2", "< T SELECT 1", "< D stored SELECT 1",
                  "< C SELECT 1", "note INSERT", "> B", "> D", "> E", "> P SELECT 1", "> B", "> D", "> E", "mark",
                  "> S"})
        .holds();
}

TEST(CacheBatches, PipelineKeepsItsOrder) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client_at_once(batch("SELECT 2") + sync() + batch("SELECT 1") + sync() + query("SELECT 1"))
        .happens({"ask SELECT 2", "> P SELECT 2", "> B", "> D", "> E", "> S", "ask SELECT 1, no wait: hit", "> S",
                  "ask SELECT 1, no wait: hit"})
        .server(parse_complete() + bind_complete() + row("SELECT 2"))
        .happens({"< 1", "< 2", "< T SELECT 2", "< D SELECT 2", "< C SELECT 1"})
        .server(ready('I'))
        .happens({"< Z I", "< 1", "< 2", "< T SELECT 1", "< D stored SELECT 1", "< C SELECT 1"})
        .server(ready('I'))
        .happens({"< Z I", "< T SELECT 1", "< D stored SELECT 1", "< C SELECT 1", "< Z I"})
        .given_back()
        .holds();
}

// An error skips what stands before its own Sync only.
TEST(CacheBatches, BehindABatchThatFails) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client_at_once(batch("SELECT fail") + sync() + batch("SELECT 1") + sync())
        .skips()
        .server(parse_complete() + bind_complete() + row_description("SELECT fail") + error("22012", "division"))
        .happens({"< 1", "< 2", "< T SELECT fail", "< E ERROR 22012 division"})
        .server(ready('I') + ready('I'))
        .happens({"< Z I", "< 1", "< 2", "< T SELECT 1", "< D stored SELECT 1", "< C SELECT 1", "< Z I"})
        .given_back()
        .holds();
}

TEST(CacheBatches, InABlock) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client(query("BEGIN"))
        .client_at_once(batch("SELECT 1") + sync())
        .happens({"< C BEGIN", "< Z T", "ask SELECT 1: hit", "< 1", "< 2", "< T SELECT 1", "< D stored SELECT 1",
                  "< C SELECT 1", "< Z T"})
        .no_server()
        .client_at_once(batch("SELECT 2") + sync())
        .server(parse_complete() + bind_complete() + complete("BEGIN") + parse_complete() + bind_complete() +
                row("SELECT 2") + ready('T'))
        .skips()
        .client_at_once(batch("SELECT 1") + sync())
        .happens(
            {"ask SELECT 1, no wait: hit", "> S", "< 1", "< 2", "< T SELECT 1", "< D stored SELECT 1", "< C SELECT 1"})
        .server(ready('T'))
        .happens({"< Z T"})
        .kept()
        .holds();
}

// ---- what is not looked at ----

TEST(CacheBatches, ShapesThatAreForwarded) {
    const std::string head = parse("", "SELECT 1") + bind_to("");
    for (const std::string& asked : {
             head + execute(2) + close('P', "") + sync(),
             parse("", "SELECT 1") + bind_to("", {}, "p") + execute(0, "p") + sync(),
             head + describe('S', "") + execute() + sync(),
             parse("", "SELECT 1") + describe('S', "") + bind_to("") + execute() + sync(),
             head + execute() + execute() + sync(),
             head + execute() + describe('P', "") + sync(),
             head + flush() + execute() + sync(),
             head + sync(),
             head + execute(),
         }) {
        cache_script().answers("SELECT 1", how::hit).client_at_once(asked).asked(0).skips().holds();
    }
}

TEST(CacheBatches, NotAQuestionOfWhatStandsBehind) {
    for (const std::string& behind : {sync(), flush(), query("SELECT 2"), close('P', ""), parse("", "INSERT")}) {
        cache_script()
            .answers("SELECT 1", how::hit)
            .client_at_once(batch("SELECT 1") + behind)
            .asked(behind[0] == 'Q' ? 2U : 1U)
            .skips()
            .holds();
    }
}

// A batch of which the first message was looked at already is not looked at again.
TEST(CacheBatches, BatchInTwoPieces) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client(parse("", "SELECT 1"))
        .client(bind_to("") + described + sync())
        .happens({"> P SELECT 1", "> B", "> D", "> E", "> S"})
        .asked(0)
        .holds();
}

// As long as not even its first message is whole nothing was decided.
TEST(CacheBatches, FirstMessageInTwoPieces) {
    const std::string whole = batch("SELECT 1") + sync();
    for (std::size_t at = 1; at < parse("", "SELECT 1").size(); ++at)
        cache_script()
            .answers("SELECT 1", how::hit)
            .client_at_once(whole.substr(0, at))
            .client_at_once(whole.substr(at))
            .asked(1)
            .skips()
            .no_server()
            .holds();
}

// ---- keys ----

TEST(CacheBatches, WhatTheKeyIsMadeOf) {
    wire::bind_message binary;
    binary.result_formats = {1};
    std::string bind_binary;
    wire::append_bind(bind_binary, binary);
    std::string typed;
    const std::string one_type("\0\0\0\x19", 4);
    wire::append_parse(typed, "", "SELECT 1", one_type);
    const auto same = [](std::string first, std::string second) {
        bool equal = false;
        cache_script()
            .answers("SELECT 1", how::hit)
            .client_at_once(std::move(first))
            .client_at_once(std::move(second))
            .cache([&](scripted_cache& c) { equal = c.keys.size() >= 2 && c.keys[0] == c.keys[1]; })
            .skips()
            .holds();
        return equal;
    };
    const std::string usual = parse("", "SELECT 1") + bind_to("") + execute() + sync();
    EXPECT_TRUE(same(usual, usual));
    EXPECT_TRUE(same(usual, batch("SELECT 1") + sync())) << "the description is no part of it";
    EXPECT_TRUE(same(usual, parse("", "/* trace */ SELECT 1") + bind_to("") + execute() + sync())) << "no comments";
    EXPECT_FALSE(same(usual, parse("", "SELECT 1") + bind_to("", {"1"}) + execute() + sync()));
    EXPECT_FALSE(same(usual, parse("", "SELECT 1") + bind_binary + execute() + sync()));
    EXPECT_FALSE(same(usual, typed + bind_to("") + execute() + sync()));
    EXPECT_FALSE(same(usual, query("SELECT 1")));
}

TEST(CacheBatches, MomentsInParameters) {
    const auto line = [](std::string_view value) {
        return cache_script()
            .answers("SELECT $1", how::hit)
            .client_at_once(parse("", "SELECT $1") + bind_to("", {value}) + execute() + sync());
    };
    line("now")
        .happens(
            {"ask SELECT $1, undescribed, moment: hit", "< 1", "< 2", "< D stored SELECT $1", "< C SELECT 1", "< Z I"})
        .holds();
    line("42")
        .happens({"ask SELECT $1, undescribed: hit", "< 1", "< 2", "< D stored SELECT $1", "< C SELECT 1", "< Z I"})
        .holds();
}

// ---- a hit must not hide what a server has to know ----

TEST(CacheBatches, UnnamedStatementOfAHitIsParsedWhenItIsNeeded) {
    cache_script()
        .answers("SELECT 1", how::hit)
        .client_at_once(batch("SELECT 1") + sync())
        .skips()
        .client(bind_to("") + describe('P', ""))
        .happens({"> P SELECT 1", "> B", "> D"})
        .server(parse_complete() + bind_complete() + row_description("SELECT 1"))
        .happens({"< 2", "< T SELECT 1"})
        .holds();
}

// What was parsed with the hit may be a write in the words of the catalog: it is noted when it is bound.
TEST(CacheBatches, BoundAgainItIsNoted) {
    cache_script()
        .answers("SELECT writes", how::hit)
        .client_at_once(batch("SELECT writes") + sync())
        .skips()
        .answers("SELECT writes", how::run)
        .client_at_once(bind_to("") + execute() + sync())
        .happens(
            {"ask SELECT writes, undescribed", "> P SELECT writes", "note SELECT writes", "> B", "> E", "mark", "> S"})
        .holds();
}

}  // namespace
}  // namespace pgweir::test

#include <gmock/gmock.h>

#include "session/cache_script.hpp"

// A read that one conversation executes for the cache: what of its reply is kept, and that every fill and every wait
// comes to its end, however the read ends.

namespace pgweir::test {
namespace {

using namespace std::chrono_literals;
using how = scripted_cache::how;
using lines = std::vector<std::string>;
using session::outcome;

const std::string described = describe('P', "") + execute();
const std::string begin_done = parse_complete() + bind_complete() + complete("BEGIN");

std::string batch(std::string_view text) {
    return parse("", text) + bind_to("") + described;
}

std::string row(std::string_view text) {
    return row_description(text) + data_row(text) + complete("SELECT 1");
}

// What becomes of a fill that is answered so.
void comes_to(const std::string& reply, const std::string& wanted) {
    SCOPED_TRACE(testing::PrintToString(said(reply)));
    cache_script()
        .answers("SELECT 1", how::fill)
        .client(query("SELECT 1"))
        .server(reply)
        .calls({"ask SELECT 1: fill", wanted})
        .holds();
}

std::string notification() {
    std::string out;
    wire::append_notification(out, 7, "news", "");
    return out;
}

TEST(CacheFill, CleanReplies) {
    const std::string head = row_description("a");
    comes_to(head + data_row("1") + complete("SELECT 1") + ready('I'), "filled 1");
    comes_to(head + complete("SELECT 0") + ready('I'), "filled 0");
    comes_to(head + data_row("1") + data_row("2") + complete("SELECT 2") + ready('I'), "filled 2");
}

TEST(CacheFill, RepliesThatAreNotKept) {
    const std::string head = row_description("a") + data_row("1");
    const std::string tail = complete("SELECT 1") + ready('I');
    comes_to(head + notice("mind") + tail, "not filled");
    comes_to(notice("mind") + head + tail, "not filled");
    comes_to(head + parameter("TimeZone", "x") + tail, "not filled");
    comes_to(head + complete("SELECT 2") + ready('I'), "not filled");
    comes_to(head + complete("INSERT 0 1") + ready('I'), "not filled");
    comes_to(empty_query() + ready('I'), "not filled");
    comes_to(copy_response('H') + copy_data("1") + copy_done() + complete("COPY 1") + ready('I'), "not filled");
}

// PostgreSQL 14 and later report settings right before ReadyForQuery.
TEST(CacheFill, WhatComesBehindTheRowsCountsToo) {
    const std::string whole = row_description("a") + data_row("1") + complete("SELECT 1");
    comes_to(whole + parameter("TimeZone", "x") + ready('I'), "not filled");
    comes_to(whole + notice("mind") + ready('I'), "not filled");
    comes_to(whole + whole + ready('I'), "not filled");
    comes_to(whole + error("40001", "could not serialize") + ready('I'), "not filled");
}

// A configuration that is reloaded between two messages of a batch is reported at its end.
TEST(CacheFill, SettingThatChangesInABatch) {
    cache_script()
        .answers("SELECT 1", how::fill)
        .client_at_once(batch("SELECT 1") + sync())
        .server(parse_complete() + bind_complete() + row("SELECT 1") + parameter("TimeZone", "x"))
        .skips()
        .server(ready('I'))
        .happens({"not filled", "< Z I"})
        .holds();
}

TEST(CacheFill, CommitOfABatchThatFails) {
    cache_script()
        .answers("SELECT 1", how::fill)
        .client_at_once(batch("SELECT 1") + sync())
        .server(parse_complete() + bind_complete() + row("SELECT 1"))
        .skips()
        .server(error("40001", "could not serialize") + ready('I'))
        .happens({"< E ERROR 40001 could not serialize", "not filled", "< Z I"})
        .holds();
}

TEST(CacheFill, Errors) {
    cache_script()
        .answers("SELECT 1", how::fill)
        .client(query("SELECT 1"))
        .skips()
        .server(row_description("a") + data_row("1") + error("22012", "division"))
        .happens({"< T a", "< D 1", "< E ERROR 22012 division", "not filled"})
        .server(ready('I'))
        .happens({"< Z I"})
        .client(query("INSERT"))
        .skips()
        .server(complete("INSERT 0 1") + ready('I'))
        .happens({"bump", "< C INSERT 0 1", "bump", "forget", "< Z I", "unmark"})
        .holds();
    for (const std::string& answers :
         {error("42601", "syntax"), parse_complete() + error("22P02", "invalid"),
          parse_complete() + bind_complete() + error("22012", "division"),
          parse_complete() + bind_complete() + row_description("a") + error("22012", "division")}) {
        cache_script()
            .answers("SELECT 1", how::fill)
            .client_at_once(batch("SELECT 1") + sync())
            .skips()
            .server(answers)
            .calls({"not filled"})
            .server(ready('I'))
            .happens({"< Z I"})
            .holds();
    }
}

TEST(CacheFill, NotificationInBetween) {
    cache_script()
        .answers("SELECT 1", how::fill)
        .client(query("SELECT 1"))
        .skips()
        .server(row_description("SELECT 1") + notification() + data_row("1") + complete("SELECT 1") + ready('I'))
        .happens({"< T SELECT 1", "< D 1", "< C SELECT 1", "filled 1", "< Z I"})
        .stored(row_description("SELECT 1"), data_row("1") + complete("SELECT 1"))
        .closed()
        .holds();
}

// ---- sizes ----

TEST(CacheFill, LargeRowThatStreams) {
    const std::string large(200000, 'x');
    cache_script()
        .answers("SELECT 1", how::fill)
        .client(query("SELECT 1"))
        .server(row_description("a") + data_row(large) + data_row("b") + complete("SELECT 2") + ready('I'))
        .calls({"ask SELECT 1: fill", "filled 2"})
        .stored(row_description("a"), data_row(large) + data_row("b") + complete("SELECT 2"))
        .holds();
}

// It is told how large a reply has become, and keeps no more of it than that takes.
TEST(CacheFill, LargerThanIsKept) {
    for (const std::size_t size : {std::size_t{100}, std::size_t{70000}}) {
        const std::string one = data_row(std::string(size, 'x'));
        std::string reply = row_description("a");
        for (int i = 0; i < 50; ++i) reply += one;
        cache_script()
            .cache([&](scripted_cache& c) { c.keeps_at_most(size * 3); })
            .answers("SELECT 1", how::fill)
            .client(query("SELECT 1"))
            .server(reply + complete("SELECT 50") + ready('I'))
            .calls({"ask SELECT 1: fill", "filled too large, 50"})
            .cache([&](scripted_cache& c) { EXPECT_LE(c.last.rows.size(), size * 3 + session::max_whole_message); })
            .given_back()
            .holds();
    }
}

TEST(CacheFill, ExactlyAsLargeAsIsKept) {
    const std::string rows = data_row("1") + complete("SELECT 1");
    for (const std::size_t less : {std::size_t{0}, std::size_t{1}}) {
        cache_script()
            .cache([&](scripted_cache& c) { c.keeps_at_most(rows.size() - less); })
            .answers("SELECT 1", how::fill)
            .client(query("SELECT 1"))
            .skips()
            .server(row_description("a") + rows + ready('I'))
            .happens({"< T a", "< D 1", "< C SELECT 1", less == 0 ? "filled 1" : "filled too large, 1", "< Z I"})
            .holds();
    }
}

// PostgreSQL allows 1664 columns.
TEST(CacheFill, LargeDescription) {
    std::vector<std::string> names;
    for (int i = 0; i < 1600; ++i) names.push_back("column " + std::string(50, 'x') + std::to_string(i));
    std::vector<wire::column> columns;
    for (const std::string& name : names) columns.push_back({.name = name, .type_oid = 25});
    std::string wide;
    wire::append_row_description(wide, columns);
    ASSERT_GT(wide.size(), session::max_whole_message);
    const std::string rows = data_row("1") + complete("SELECT 1");
    for (const std::string& asked : {query("SELECT 1"), batch("SELECT 1") + sync()}) {
        const std::string begin = asked[0] == 'Q' ? "" : parse_complete() + bind_complete();
        for (const std::size_t at : {wide.size() / 2, wide.size() - 3})
            cache_script()
                .answers("SELECT 1", how::fill)
                .client_at_once(asked)
                .server(begin + wide.substr(0, at))
                .server(wide.substr(at) + rows + ready('I'))
                .stored(wide, rows)
                .calls({"ask SELECT 1: fill", "filled 1"})
                .given_back()
                .holds();
    }
}

// ---- a fill that is not executed ----

TEST(CacheFill, NoServerCanBeHad) {
    for (const std::string& asked : {query("SELECT 1"), batch("SELECT 1") + sync()}) {
        cache_script()
            .answers("SELECT 1", how::fill)
            .servers_are_busy()
            .client_at_once(asked)
            .happens({"ask SELECT 1: fill"})
            .refused()
            .happens(asked[0] == 'Q'
                         ? lines{"not filled", "< E ERROR 57014 canceling statement due to user request", "< Z I"}
                         : lines{"not filled", "< E ERROR 57014 canceling statement due to user request", "< Z I"})
            .holds();
    }
}

TEST(CacheFill, NoServerCanBeHadForABlock) {
    cache_script()
        .answers("SELECT 1", how::fill)
        .servers_are_busy()
        .client(query("BEGIN"))
        .client(query("SELECT 1"))
        .happens({"< C BEGIN", "< Z T", "ask SELECT 1: fill"})
        .refused()
        .happens({"not filled", "< E ERROR 57014 canceling statement due to user request", "< Z E"})
        .holds();
}

TEST(CacheFill, ServerIsLentMeanwhile) {
    for (const std::string& asked : {query("SELECT 1"), batch("SELECT 1") + sync()}) {
        cache_script()
            .answers("SELECT 1", how::fill)
            .servers_are_busy()
            .client_at_once(asked)
            .happens({"ask SELECT 1: fill"})
            .lent()
            .skips()
            .server((asked[0] == 'Q' ? "" : parse_complete() + bind_complete()) + row("SELECT 1"))
            .skips()
            .server(ready('I'))
            .happens({"filled 1", "< Z I"})
            .given_back()
            .holds();
    }
}

// The settings of the client cannot be applied: its read is answered with that, and the next one is another.
TEST(CacheFill, ServerCannotBeSetUp) {
    for (const std::string& asked : {query("SELECT 1"), batch("SELECT 1") + sync()}) {
        cache_script()
            .startup({{"TimeZone", "nonsense"}})
            .answers("SELECT 1", how::fill)
            .client_at_once(asked)
            .skips()
            .server(error("22023", "invalid value") + ready('I'))
            .happens(asked[0] == 'Q' ? lines{"< E ERROR 22023 invalid value", "< Z I", "not filled"}
                                     : lines{"< E ERROR 22023 invalid value", "not filled", "< Z I"})
            .closed()
            .holds();
    }
}

// A server on which nothing was forwarded is lost: another one executes it.
TEST(CacheFill, ServerLostWhileItIsSetUp) {
    cache_script()
        .startup({{"TimeZone", "x"}})
        .answers("SELECT 1", how::fill)
        .client(query("SELECT 1"))
        .skips()
        .server_is_lost()
        .woken()
        .skips()
        .server(complete("SELECT 1") + parameter("TimeZone", "x") + ready('I'))
        .happens({"> Q SELECT 1"})
        .server(row("SELECT 1") + ready('I'))
        .happens({"< T SELECT 1", "< D SELECT 1", "< C SELECT 1", "filled 1", "< Z I"})
        .holds();
}

TEST(CacheFill, ServerLost) {
    for (const std::string& asked : {query("SELECT 1"), batch("SELECT 1") + sync()})
        cache_script()
            .answers("SELECT 1", how::fill)
            .client_at_once(asked)
            .skips()
            .server_is_lost()
            .happens(
                {"not filled", "< E ERROR 08006 server conn crashed? the connection to the server was lost", "< Z I"})
            .holds();
}

// It was described once, and has to be parsed again on this server: that fails, and its Bind is never sent.
TEST(CacheFill, StatementCannotBePreparedAgain) {
    cache_script()
        .answers("SELECT 1", how::fill)
        .client(parse("s", "SELECT 1") + describe('S', "s") + sync())
        .server(parse_complete() + parameter_description() + row_description("SELECT 1") + ready('I'))
        .skips()
        .client_at_once(bind_to("s") + execute() + sync())
        .happens({"ask SELECT 1, undescribed: fill", "> P SELECT 1", "> D", "> H"})
        .server(error("42P01", "no such table"))
        .happens({"< E ERROR 42P01 no such table", "not filled", "> S"})
        .server(ready('I'))
        .happens({"< Z I"})
        .client(query("INSERT"))
        .happens({"note INSERT", "mark", "> Q INSERT"})
        .holds();
}

TEST(CacheFill, ResultTypeHasChanged) {
    cache_script()
        .answers("SELECT 1", how::fill)
        .client(parse("s", "SELECT 1") + describe('S', "s") + sync())
        .server(parse_complete() + parameter_description() + row_description("SELECT 1") + ready('I'))
        .client_at_once(bind_to("s") + execute() + sync())
        .skips()
        .server(parse_complete() + parameter_description() + row_description("SELECT 1", 23))
        .happens({"> B", "> E", "> S"})
        .server(error("26000", "no such statement"))
        .happens({"< E ERROR 0A000 cached plan must not change result type", "not filled"})
        .server(ready('I'))
        .happens({"< Z I"})
        .holds();
}

TEST(CacheFill, ServerLostInABlockWhileTheStatementIsPreparedAgain) {
    cache_script()
        .answers("SELECT 1", how::fill)
        .client(parse("s", "SELECT 1") + describe('S', "s") + sync())
        .server(parse_complete() + parameter_description() + row_description("SELECT 1") + ready('I'))
        .client(query("BEGIN"))
        .client(query("SELECT 2"))
        .server(begin_done + row("SELECT 2") + ready('T'))
        .skips()
        .client_at_once(bind_to("s") + execute() + sync())
        .happens({"ask SELECT 1, undescribed, no wait: fill", "> P SELECT 1", "> D", "> H"})
        .server_is_lost()
        .happens({"< E ERROR 08006 server conn crashed? the connection to the server was lost"})
        .woken()
        .happens({"not filled", "< Z E"})
        .holds();
}

// ---- the client goes ----

TEST(CacheFill, ClientLeavesBeforeItIsExecuted) {
    for (const bool orderly : {false, true})
        cache_script()
            .answers("SELECT 1", how::fill)
            .servers_are_busy()
            .client(query("SELECT 1"))
            .leaves(orderly)
            .happens({"ask SELECT 1: fill", "not filled"})
            .holds();
}

TEST(CacheFill, ClientLeavesMeanwhile) {
    for (const bool orderly : {false, true})
        cache_script()
            .answers("SELECT 1", how::fill)
            .client(query("SELECT 1"))
            .skips()
            .server(row_description("SELECT 1"))
            .leaves(orderly)
            .skips()
            .server(data_row("SELECT 1") + complete("SELECT 1") + ready('I'))
            .happens({"filled 1"})
            .given_back()
            .holds();
}

TEST(CacheFill, ClientLeavesBeforeItsSync) {
    cache_script()
        .answers("SELECT 1", how::fill)
        .client_at_once(batch("SELECT 1") + flush())
        .server(parse_complete() + bind_complete() + row("SELECT 1"))
        .skips()
        .leaves(false)
        .happens({"> B", "> S"})
        .server(error("26000", "no such statement") + ready('I'))
        .happens({"filled 1"})
        .given_back()
        .holds();
}

// ---- waiting for another's ----

TEST(CacheFill, WaitsForAnother) {
    for (const std::string& asked : {query("SELECT 1"), batch("SELECT 1") + sync()}) {
        const bool simple = asked[0] == 'Q';
        const auto waiting = [&] {
            return cache_script()
                .answers("SELECT 1", how::wait)
                .client_at_once(asked)
                .happens({"ask SELECT 1: wait"})
                .no_server();
        };
        waiting()
            .answers("SELECT 1", how::hit)
            .woken()
            .happens(simple ? lines{"ask SELECT 1: hit", "< T SELECT 1", "< D stored SELECT 1", "< C SELECT 1", "< Z I"}
                            : lines{"ask SELECT 1: hit", "< 1", "< 2", "< T SELECT 1", "< D stored SELECT 1",
                                    "< C SELECT 1", "< Z I"})
            .no_server()
            .holds();
        waiting()
            .woken()
            .happens({"ask SELECT 1: wait"})
            .answers("SELECT 1", how::fill)
            .woken()
            .skips()
            .server((simple ? "" : parse_complete() + bind_complete()) + row("SELECT 1"))
            .skips()
            .server(ready('I'))
            .happens({"filled 1", "< Z I"})
            .holds();
        waiting()
            .answers("SELECT 1", how::run)
            .woken()
            .skips()
            .server((simple ? "" : parse_complete() + bind_complete()) + row("SELECT 1"))
            .skips()
            .server(ready('I'))
            .happens({"< Z I"})
            .holds();
        waiting()
            .refused()
            .happens({"not filled", "< E ERROR 57014 canceling statement due to user request", "< Z I"})
            .no_server()
            .holds();
        waiting().leaves(false).happens({"not filled"}).holds();
    }
}

// It has stopped to serve while somebody waits: that one goes to a server, and waits for nobody.
TEST(CacheFill, CacheStopsToServeMeanwhile) {
    for (const std::string& asked : {query("SELECT 1"), batch("SELECT 1") + sync()})
        cache_script()
            .answers("SELECT 1", how::wait)
            .client_at_once(asked)
            .happens({"ask SELECT 1: wait"})
            .cache([](scripted_cache& c) { c.serves_nothing(); })
            .woken()
            .happens(asked[0] == 'Q' ? lines{"not filled", "> Q SELECT 1"}
                                     : lines{"not filled", "> P SELECT 1", "> B", "> D", "> E", "> S"})
            .holds();
}

session::settings with_timeouts() {
    session::settings limits;
    limits.client_idle_timeout = 5s;
    limits.idle_in_transaction_timeout = 3s;
    limits.transaction_timeout = 10s;
    return limits;
}

// Who waits for an answer is not idle.
TEST(CacheFill, NoIdleTimeoutWhileItWaits) {
    for (const bool block : {false, true}) {
        lab l(1, true, with_timeouts());
        l.add_client();
        scripted_cache cache;
        cache.answers("SELECT 1", how::wait);
        l.at(0).talk.use_cache(cache);
        if (block) l.client_says(0, query("BEGIN"));
        EXPECT_NE(l.at(0).talk.deadline(), base::never);
        l.client_says(0, query("SELECT 1"));
        ASSERT_TRUE(l.at(0).talk.awaits_cache());
        EXPECT_EQ(l.at(0).talk.deadline(), base::never);
        EXPECT_FALSE(l.at(0).talk.idle()) << "it would be sent home";
    }
}

// The end of a cancelled fill says what it would say without a cache.
TEST(CacheFill, QueryTimeout) {
    session::settings limits;
    limits.query_timeout = 1s;
    lab l(1, true, limits);
    l.add_client();
    scripted_cache cache;
    cache.answers("SELECT 1", how::fill);
    l.at(0).talk.use_cache(cache);
    l.client_says(0, query("SELECT 1"));
    l.now = start + 1s;
    l.expire(l.at(0));
    EXPECT_EQ(l.at(0).cancels, 1U);
    l.at(0).talk.from_server(error("57014", "canceling statement due to user request") + ready('I'), l.now);
    EXPECT_EQ(cache.owes(), "");
    EXPECT_EQ(cache.broken, lines{});
}

}  // namespace
}  // namespace pgweir::test

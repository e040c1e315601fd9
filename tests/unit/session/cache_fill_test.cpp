#include <gmock/gmock.h>

#include "session/cache_messages.hpp"
#include "session/cache_script.hpp"

// A read that one conversation executes for the cache: what of its reply is kept.

namespace pgweir::test {
namespace {

using how = scripted_cache::how;

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

}  // namespace
}  // namespace pgweir::test

#include <gmock/gmock.h>

#include "session/cache_messages.hpp"
#include "session/cache_script.hpp"

// A read that one conversation was to execute for the cache comes to its end, however that is.

namespace pgweir::test {
namespace {

using namespace std::chrono_literals;
using how = scripted_cache::how;
using lines = std::vector<std::string>;

// ---- a fill that is not executed ----

TEST(CacheFillEnd, NoServerCanBeHad) {
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

TEST(CacheFillEnd, NoServerCanBeHadForABlock) {
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

TEST(CacheFillEnd, ServerIsLentMeanwhile) {
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
TEST(CacheFillEnd, ServerCannotBeSetUp) {
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
TEST(CacheFillEnd, ServerLostWhileItIsSetUp) {
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

TEST(CacheFillEnd, ServerLost) {
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
TEST(CacheFillEnd, StatementCannotBePreparedAgain) {
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

TEST(CacheFillEnd, ResultTypeHasChanged) {
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

TEST(CacheFillEnd, ServerLostInABlockWhileTheStatementIsPreparedAgain) {
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

TEST(CacheFillEnd, ClientLeavesBeforeItIsExecuted) {
    for (const bool orderly : {false, true})
        cache_script()
            .answers("SELECT 1", how::fill)
            .servers_are_busy()
            .client(query("SELECT 1"))
            .leaves(orderly)
            .happens({"ask SELECT 1: fill", "not filled"})
            .holds();
}

TEST(CacheFillEnd, ClientLeavesMeanwhile) {
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

TEST(CacheFillEnd, ClientLeavesBeforeItsSync) {
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

// ---- timeouts ----

// The end of a cancelled fill says what it would say without a cache.
TEST(CacheFillEnd, QueryTimeout) {
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

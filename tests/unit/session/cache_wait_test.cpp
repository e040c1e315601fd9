#include <gmock/gmock.h>

#include "session/cache_messages.hpp"
#include "session/cache_script.hpp"

// A read that another conversation executes for the cache is waited for, and every wait comes to its end.

namespace pgweir::test {
namespace {

using namespace std::chrono_literals;
using how = scripted_cache::how;
using lines = std::vector<std::string>;

// What waits has been asked about; what somebody says how to cache is asked about always.
TEST(CacheWait, WhatIsNotWorthAsking) {
    const std::string hinted = "/*pgweir:ttl=3s*/SELECT 1";
    const auto unworthy = [&](scripted_cache& c) {
        c.is_not_worth("SELECT 1");
        c.is_not_worth(hinted);
    };
    for (const std::string& asked : {query("SELECT 1"), batch("SELECT 1") + sync()}) {
        cache_script().answers("SELECT 1", how::hit).cache(unworthy).client_at_once(asked).asked(0).skips().holds();
        cache_script()
            .answers("SELECT 1", how::wait)
            .client_at_once(asked)
            .cache(unworthy)
            .answers("SELECT 1", how::hit)
            .woken()
            .asked(2)
            .skips()
            .no_server()
            .holds();
    }
    cache_script().cache(unworthy).client(query(hinted)).asked(1).skips().holds();
}

TEST(CacheWait, WaitsForAnother) {
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
TEST(CacheWait, CacheStopsToServeMeanwhile) {
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
TEST(CacheWait, NoIdleTimeoutWhileItWaits) {
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

}  // namespace
}  // namespace pgweir::test

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "redis/link_lab.hpp"

namespace pgweir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

using link_timeout_test = link_lab;

TEST_F(link_timeout_test, a_late_reply_fails_all_that_wait_and_is_matched_with_nothing) {
    settings brisk = how();
    brisk.timeout = 40ms;
    connect(brisk);
    for (int count = 0; count < 3; ++count) send({"GET", "old"});
    ASSERT_TRUE(told(4));
    const std::string late = words_of(error_code::timed_out);
    EXPECT_THAT(events, ElementsAre("lost", "1: " + late, "2: " + late, "3: " + late));
    EXPECT_TRUE(store->breaker().is_open());
    EXPECT_EQ(store->breaker().reason().code, error_code::timed_out);
    EXPECT_EQ(store->counters().timeouts.get(), 1U);
    EXPECT_EQ(store->counters().failures.get(), 3U);
    EXPECT_TRUE(server.ended());
    // Nobody is there to be told.
    server.say("$3\r\nold\r\n");
    events.clear();

    ASSERT_TRUE(welcome());
    send({"GET", "new"});
    ASSERT_TRUE(run_until([&] { return !server.received().empty(); }));
    server.say("$3\r\nnew\r\n");
    ASSERT_TRUE(told(2));
    EXPECT_THAT(events, ElementsAre("connected", "4: \"new\""));
    EXPECT_EQ(epochs.at(0), epochs.at(1));
}

TEST_F(link_timeout_test, a_timeout_is_never_early_and_no_later_than_10_ms) {
    settings brisk = how();
    brisk.timeout = 50ms;
    base::duration best = 1h;
    // The machine may be busy: of some attempts one must be exact.
    for (int attempt = 0; attempt < 5 && best > 10ms; ++attempt) {
        connect(brisk);
        base::time_point asked;
        base::time_point told_at;
        in_a_tick([&] {
            asked = base::clock::now();
            store->send(metrics::store_op::get, words("GET", "a"),
                        [&](const answer&) { told_at = base::clock::now(); });
        });
        ASSERT_TRUE(run_until([&] { return told_at != base::time_point(); }));
        // The tick began before the request was made.
        EXPECT_GE(told_at - asked, brisk.timeout - 1ms);
        best = std::min(best, told_at - asked - brisk.timeout);
    }
    EXPECT_LE(best, 10ms);
}

TEST_F(link_timeout_test, the_time_of_a_request_begins_with_itself) {
    settings brisk = how();
    brisk.timeout = 300ms;
    connect(brisk);
    // Over a second of requests, each of which is answered soon.
    for (int count = 1; count <= 20; ++count) {
        send({"GET", "a"});
        run_for(60ms);
        ASSERT_FALSE(server.take().empty());
        server.say("+a\r\n");
        ASSERT_TRUE(told(static_cast<std::size_t>(count)));
    }
    EXPECT_EQ(store->counters().timeouts.get(), 0U);
    EXPECT_TRUE(store->is_connected());
}

TEST_F(link_timeout_test, a_reply_that_came_in_time_is_read_although_the_worker_was_stuck) {
    settings brisk = how();
    brisk.timeout = 40ms;
    connect(brisk);
    send({"GET", "a"});
    ASSERT_TRUE(run_until([&] { return !server.received().empty(); }));
    // Behind posted work come the deadlines of the same turn, before anybody looks whether something has come.
    in_a_tick([&] {
        server.say("+a\r\n");
        std::this_thread::sleep_for(80ms);
    });
    ASSERT_TRUE(told(1));
    EXPECT_THAT(events, ElementsAre("1: +a"));
    EXPECT_EQ(store->counters().timeouts.get(), 0U);
    EXPECT_TRUE(store->is_connected());
}

}  // namespace
}  // namespace pgweir::redis

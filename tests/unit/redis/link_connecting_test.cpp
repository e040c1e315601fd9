#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>

#include "redis/link_lab.hpp"

namespace pgweir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

using link_connecting_test = link_lab;

TEST_F(link_connecting_test, is_connected_when_it_was_greeted) {
    make(how());
    EXPECT_FALSE(store->is_connected());
    store->start();
    ASSERT_TRUE(meet());
    settle();
    EXPECT_FALSE(store->is_connected());
    EXPECT_TRUE(store->breaker().is_open());
    EXPECT_EQ(store->server(), std::nullopt);
    server.say(greeting_replies().to_string());
    ASSERT_TRUE(run_until([&] { return store->is_connected(); }));
    EXPECT_FALSE(store->breaker().is_open());
    EXPECT_THAT(events, ElementsAre("connected"));
    EXPECT_EQ(store->server()->run_id, run_id());
    EXPECT_EQ(store->next_attempt(), base::never);
    EXPECT_EQ(store->counters().connects.get(), 1U);
}

TEST_F(link_connecting_test, connects_again_when_the_server_has_gone_and_tells_of_another_epoch) {
    connect();
    send({"GET", "a"});
    settle();
    server.hang_up();
    ASSERT_TRUE(told(2));
    EXPECT_THAT(events, ElementsAre("lost", "1: " + words_of(error_code::lost)));
    EXPECT_NE(store->next_attempt(), base::never);
    send({"GET", "b"});
    EXPECT_EQ(events.back(), "2: " + words_of(error_code::not_connected));
    events.clear();

    ASSERT_TRUE(welcome({.run = run_id('c')}));
    EXPECT_THAT(events, ElementsAre("connected"));
    EXPECT_NE(epochs.at(0), epochs.at(1));
    EXPECT_EQ(store->server()->run_id, run_id('c'));
    EXPECT_EQ(store->counters().losses.get(), 1U);
    EXPECT_EQ(store->counters().connects.get(), 2U);
}

TEST_F(link_connecting_test, tries_on_while_it_is_refused_with_pauses_that_grow) {
    server.refuse();
    make(how());
    store->start();
    std::vector<base::duration> pauses;
    while (pauses.size() < 4) {
        const auto failures = store->counters().connect_failures.get();
        ASSERT_TRUE(run_until([&] { return store->counters().connect_failures.get() > failures; }));
        pauses.push_back(store->next_attempt() - loop.now());
    }
    base::duration expected = 100ms;
    for (const base::duration pause : pauses) {
        EXPECT_LE(pause, expected);
        EXPECT_GE(pause, expected / 2);
        expected *= 2;
    }
    EXPECT_EQ(store->breaker().reason().code, std::errc::connection_refused);
    EXPECT_EQ(store->counters().losses.get(), 0U);
    EXPECT_THAT(events, ElementsAre());
    server.listen();
    ASSERT_TRUE(welcome());
    EXPECT_THAT(events, ElementsAre("connected"));
    EXPECT_GE(store->counters().open_nanoseconds.get(), 350'000'000U);
}

TEST_F(link_connecting_test, a_connection_that_does_not_last_makes_the_pauses_no_shorter) {
    make(how());
    store->start();
    base::duration longest = 100ms;
    for (int count = 0; count < 4; ++count) {
        ASSERT_TRUE(welcome());
        server.hang_up();
        ASSERT_TRUE(run_until([&] { return !store->is_connected(); }));
        const base::duration pause = store->next_attempt() - loop.now();
        EXPECT_LE(pause, longest);
        EXPECT_GE(pause, longest / 2);
        longest *= 2;
    }
}

TEST_F(link_connecting_test, a_replica_is_not_used) {
    make(how());
    store->start();
    ASSERT_TRUE(meet());
    server.say(greeting_replies{.role = "slave"}.to_string());
    ASSERT_TRUE(run_until([&] { return store->counters().connect_failures.get() == 1; }));
    EXPECT_EQ(store->breaker().reason().code, error_code::not_primary);
    EXPECT_FALSE(store->is_connected());
    // It may be made the primary.
    ASSERT_TRUE(welcome());
}

TEST_F(link_connecting_test, a_server_that_does_not_greet_is_given_up) {
    settings brisk = how();
    brisk.connect_timeout = 30ms;
    make(brisk);
    store->start();
    ASSERT_TRUE(run_until([&] { return store->counters().connect_failures.get() == 1; }));
    EXPECT_EQ(store->breaker().reason().code, error_code::connect_timed_out);
    ASSERT_TRUE(server.accept());
    EXPECT_TRUE(server.ended());
}

TEST_F(link_connecting_test, a_server_that_goes_in_the_middle_of_the_greeting_is_tried_again) {
    make(how());
    store->start();
    ASSERT_TRUE(meet());
    server.say("+OK\r\n$10\r\nabc");
    server.hang_up();
    ASSERT_TRUE(run_until([&] { return store->counters().connect_failures.get() == 1; }));
    EXPECT_EQ(store->breaker().reason().code, error_code::closed_by_server);
    ASSERT_TRUE(welcome());
}

TEST_F(link_connecting_test, names_are_resolved) {
    settings by_name = how();
    by_name.where.host = "localhost";  // of whose addresses one or two may lead nowhere
    make(by_name);
    store->start();
    ASSERT_TRUE(welcome());
    by_name.where.host = "no-such-name.invalid";
    make(by_name);
    store->start();
    ASSERT_TRUE(run_until([&] { return store->counters().connect_failures.get() == 1; }));
    EXPECT_STREQ(store->breaker().reason().code.category().name(), "net");
}

TEST_F(link_connecting_test, what_comes_with_the_greeting_and_is_no_part_of_it_ends_the_connection) {
    make(how());
    store->start();
    ASSERT_TRUE(meet());
    server.say(greeting_replies().to_string() + "+unasked\r\n");
    ASSERT_TRUE(told(2));
    EXPECT_THAT(events, ElementsAre("connected", "lost"));
}

TEST_F(link_connecting_test, when_it_is_stopped_what_waits_is_lost_and_nothing_comes_after) {
    connect();
    send({"GET", "a"});
    settle();
    store->stop();
    EXPECT_THAT(events, ElementsAre("lost", "1: " + words_of(error_code::lost)));
    EXPECT_TRUE(server.ended());
    run_for(300ms);
    EXPECT_FALSE(server.accept());
    make(how());
    store->start();
    store->stop();
    run_for(100ms);
    EXPECT_FALSE(store->is_connected());
}

TEST_F(link_connecting_test, may_be_destroyed_at_any_time_and_tells_nobody) {
    const auto captured = std::make_shared<int>(0);
    connect();
    store->send(metrics::store_op::get, words("GET", "a"), [captured](const answer&) { ++*captured; });
    store.reset();
    settle();
    EXPECT_EQ(*captured, 0);
    EXPECT_EQ(captured.use_count(), 1);
    make(how());
    store->start();
    store.reset();  // while it resolves
    make(how());
    store->start();
    ASSERT_TRUE(meet());
    store.reset();  // while it is greeted
    settle();
}

}  // namespace
}  // namespace pgweir::redis

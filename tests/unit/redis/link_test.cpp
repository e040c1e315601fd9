#include "redis/link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "redis/link_lab.hpp"

namespace pgweir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

using link_test = link_lab;

TEST_F(link_test, is_connected_when_it_was_greeted) {
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

TEST_F(link_test, requests_and_replies_go_their_way) {
    connect();
    send({"GET", "a"});
    send({"INCR", "n"});
    EXPECT_EQ(store->waiting(), 2U);
    ASSERT_TRUE(run_until([&] { return server.received().ends_with("n\r\n"); }));
    EXPECT_EQ(server.take(), "*2\r\n$3\r\nGET\r\n$1\r\na\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n");
    server.say("$5\r\nvalue\r\n:");
    ASSERT_TRUE(told(1));
    server.say("7\r\n");
    ASSERT_TRUE(told(2));
    EXPECT_THAT(events, ElementsAre("1: \"value\"", "2: :7"));
    EXPECT_EQ(store->waiting(), 0U);
    EXPECT_EQ(store->counters().requests.get(), 2U);
    EXPECT_EQ(store->counters().failures.get(), 0U);
}

struct late_sender final : net::deferred {
    void run() override { work(); }
    std::function<void()> work;
};

TEST_F(link_test, what_is_sent_in_one_tick_leaves_in_one_write) {
    connect();
    late_sender early;
    late_sender late;
    early.work = late.work = [&] { send({"GET", "late"}); };
    const std::uint32_t before = server.writes();
    in_a_tick([&] {
        loop.defer(early);
        for (int count = 0; count < 100; ++count) send({"GET", "key"});
        loop.defer(late);
    });
    EXPECT_EQ(server.writes() - before, 1U);
    const std::string all = server.take();
    std::string expected;
    for (int count = 0; count < 100; ++count) append_command(expected, words("GET", "key"));
    for (int count = 0; count < 2; ++count) append_command(expected, words("GET", "late"));
    EXPECT_EQ(all, expected);
}

// Epoll tells that a socket has room whenever it tells that something came: no reason to write before the others of the
// tick have said what they want.
TEST_F(link_test, a_reply_in_the_middle_of_a_tick_is_no_occasion_to_write) {
    connect();
    send({"GET", "first"});
    ASSERT_TRUE(run_until([&] { return !server.received().empty(); }));
    // Three descriptors that are told of in one tick, the link's in the middle.
    auto [first, first_end] = net::socket_pair();
    auto [last, last_end] = net::socket_pair();
    net::recorder asker;
    asker.then = [this](int, net::readiness ready) {
        if (ready.readable) send({"GET", "x"});
    };
    const net::registration first_watched = loop.watch(first.get(), asker, 0);
    const net::registration last_watched = loop.watch(last.get(), asker, 0);
    settle();
    const std::uint32_t before = server.writes();
    net::send_text(first_end, "x");
    server.say("$-1\r\n");
    net::send_text(last_end, "x");
    const std::uint64_t ticks = loop.ticks();
    ASSERT_TRUE(told(1));
    ASSERT_EQ(loop.ticks(), ticks + 1);
    EXPECT_EQ(store->waiting(), 2U);
    EXPECT_EQ(server.writes() - before, 1U);
}

TEST_F(link_test, each_command_of_several_is_sent_and_they_are_answered_as_one) {
    connect();
    const auto unlink = words("UNLINK", "s");
    const auto remove = words("HDEL", "p", "f");
    const std::vector<command> both{unlink, remove};
    for (int number = 1; number <= 2; ++number)
        store->send_all(both, [this, number](const answer& told) { note(number, told); });
    ASSERT_TRUE(run_until([&] { return !server.received().empty(); }));
    EXPECT_EQ(store->waiting(), 2U);
    server.say(":1\r\n:0\r\n-NOPERM no\r\n");
    ASSERT_TRUE(told(2));
    server.say(":0\r\n");
    ASSERT_TRUE(run_until([&] { return store->waiting() == 0; }));
    EXPECT_THAT(events, ElementsAre("1: :0", "2: -NOPERM no"));
    EXPECT_EQ(store->counters().errors.get(), 1U);
}

TEST_F(link_test, without_a_connection_a_request_fails_at_once) {
    make(how());
    send({"GET", "a"});
    EXPECT_THAT(events, ElementsAre("1: " + words_of(error_code::not_connected)));
    store->start();
    ASSERT_TRUE(meet());
    send({"GET", "b"});
    EXPECT_EQ(events.size(), 2U);
    EXPECT_EQ(store->counters().rejections.get(), 2U);
    EXPECT_EQ(store->counters().requests.get(), 0U);
}

TEST_F(link_test, over_its_limits_a_request_fails_at_once) {
    settings few = how();
    few.most.requests = 2;
    connect(few);
    for (int count = 0; count < 3; ++count) send({"GET", "a"});
    EXPECT_THAT(events, ElementsAre("3: " + words_of(error_code::too_many_requests)));
    ASSERT_TRUE(run_until([&] { return !server.received().empty(); }));
    server.say("+a\r\n+b\r\n");
    ASSERT_TRUE(told(3));
    EXPECT_TRUE(store->is_connected());
}

TEST_F(link_test, a_late_reply_fails_all_that_wait_and_is_matched_with_nothing) {
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

TEST_F(link_test, a_timeout_is_never_early_and_no_later_than_10_ms) {
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
            store->send(words("GET", "a"), [&](const answer&) { told_at = base::clock::now(); });
        });
        ASSERT_TRUE(run_until([&] { return told_at != base::time_point(); }));
        // The tick began before the request was made.
        EXPECT_GE(told_at - asked, brisk.timeout - 1ms);
        best = std::min(best, told_at - asked - brisk.timeout);
    }
    EXPECT_LE(best, 10ms);
}

TEST_F(link_test, the_time_of_a_request_begins_with_itself) {
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

TEST_F(link_test, a_reply_that_came_in_time_is_read_although_the_worker_was_stuck) {
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

TEST_F(link_test, connects_again_when_the_server_has_gone_and_tells_of_another_epoch) {
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

TEST_F(link_test, tries_on_while_it_is_refused_with_pauses_that_grow) {
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

TEST_F(link_test, a_connection_that_does_not_last_makes_the_pauses_no_shorter) {
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

TEST_F(link_test, a_replica_is_not_used) {
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

TEST_F(link_test, a_server_that_does_not_greet_is_given_up) {
    settings brisk = how();
    brisk.connect_timeout = 30ms;
    make(brisk);
    store->start();
    ASSERT_TRUE(run_until([&] { return store->counters().connect_failures.get() == 1; }));
    EXPECT_EQ(store->breaker().reason().code, error_code::connect_timed_out);
    ASSERT_TRUE(server.accept());
    EXPECT_TRUE(server.ended());
}

TEST_F(link_test, a_server_that_goes_in_the_middle_of_the_greeting_is_tried_again) {
    make(how());
    store->start();
    ASSERT_TRUE(meet());
    server.say("+OK\r\n$10\r\nabc");
    server.hang_up();
    ASSERT_TRUE(run_until([&] { return store->counters().connect_failures.get() == 1; }));
    EXPECT_EQ(store->breaker().reason().code, error_code::closed_by_server);
    ASSERT_TRUE(welcome());
}

TEST_F(link_test, names_are_resolved) {
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

TEST_F(link_test, what_is_no_reply_ends_the_connection) {
    connect();
    send({"GET", "a"});
    send({"GET", "b"});
    settle();
    server.say("+a\r\nHTTP/1.1 400 Bad Request\r\n");
    ASSERT_TRUE(told(3));
    EXPECT_THAT(events, ElementsAre("1: +a", "lost", "2: " + words_of(error_code::lost)));
    EXPECT_EQ(store->breaker().reason().code, error_code::bad_reply);
    ASSERT_TRUE(welcome());
    server.say("+unasked\r\n");
    ASSERT_TRUE(run_until([&] { return !store->is_connected(); }));
    EXPECT_EQ(store->breaker().reason().code, error_code::bad_reply);
}

TEST_F(link_test, what_comes_with_the_greeting_and_is_no_part_of_it_ends_the_connection) {
    make(how());
    store->start();
    ASSERT_TRUE(meet());
    server.say(greeting_replies().to_string() + "+unasked\r\n");
    ASSERT_TRUE(told(2));
    EXPECT_THAT(events, ElementsAre("connected", "lost"));
}

TEST_F(link_test, who_gives_up_inside_of_a_reply_gets_no_further_ones) {
    connect();
    store->send(words("GET", "a"), [&](const answer& told) {
        note(1, told);
        store->give_up(error_code::bad_reply);
        store->send(words("GET", "b"), [&](const answer& more) { note(3, more); });
    });
    store->send(words("GET", "c"), [&](const answer& told) { note(2, told); });
    settle();
    server.say("+a\r\n+c\r\n");
    ASSERT_TRUE(told(4));
    EXPECT_THAT(events, ElementsAre("1: +a", "3: " + words_of(error_code::not_connected), "lost",
                                    "2: " + words_of(error_code::lost)));
    EXPECT_EQ(store->breaker().reason().code, error_code::bad_reply);
}

TEST_F(link_test, who_gives_up_outside_of_a_reply_is_served_at_the_end_of_the_tick) {
    connect();
    send({"GET", "a"});
    settle();
    in_a_tick([&] {
        store->give_up(error_code::bad_reply);
        EXPECT_FALSE(store->is_connected());
        EXPECT_TRUE(events.empty());
    });
    EXPECT_THAT(events, ElementsAre("lost", "1: " + words_of(error_code::lost)));
    store->give_up(error_code::bad_reply);
    settle();
    EXPECT_EQ(events.size(), 2U);
}

TEST_F(link_test, who_is_told_may_ask_again) {
    connect();
    store->send(words("GET", "a"), [&](const answer& told) {
        note(1, told);
        send({"GET", "b"});
    });
    settle();
    server.take();
    server.say("+a\r\n");
    ASSERT_TRUE(run_until([&] { return !server.received().empty(); }));
    server.hang_up();
    // Now it asks because it was failed.
    ASSERT_TRUE(told(3));
    EXPECT_THAT(events, ElementsAre("1: +a", "lost", "1: " + words_of(error_code::lost)));
}

TEST_F(link_test, who_is_failed_may_ask_again_and_fails_at_once) {
    connect();
    for (int number = 1; number <= 2; ++number)
        store->send(words("GET", "a"), [this, number](const answer& told) {
            note(number, told);
            if (!told) send({"GET", "again"});
        });
    settle();
    server.hang_up();
    ASSERT_TRUE(told(5));
    const std::string lost = words_of(error_code::lost);
    const std::string refused = words_of(error_code::not_connected);
    EXPECT_THAT(events, ElementsAre("lost", "1: " + lost, "1: " + refused, "2: " + lost, "2: " + refused));
}

TEST_F(link_test, an_error_that_shows_another_role_ends_the_connection_behind_it) {
    for (const std::string_view error :
         {"READONLY You can't write against a read only replica.", "MASTERDOWN Link with MASTER is down",
          "LOADING Redis is loading the dataset", "NOAUTH Authentication required."}) {
        events.clear();
        connect();
        const int number = send({"SET", "a", "1"});
        settle();
        server.say("-" + std::string(error) + "\r\n");
        ASSERT_TRUE(told(2));
        EXPECT_THAT(events, ElementsAre(std::to_string(number) + ": -" + std::string(error), "lost"));
        EXPECT_EQ(store->breaker().reason().code, error_code::changed);
    }
    connect();
    send({"SET", "a", "1"});
    settle();
    server.say("-OOM command not allowed\r\n");
    ASSERT_TRUE(told(1));
    EXPECT_TRUE(store->is_connected());
}

struct link_check_test : link_lab {
    /// Until the server is asked whether it is still the same, which it is said to be with `reply`.
    void check_with(const std::string& reply) {
        settings watchful = how();
        watchful.check_interval = 10ms;
        connect(watchful);
        ASSERT_TRUE(run_until([&] { return server.received() == "*2\r\n$4\r\nINFO\r\n$11\r\nreplication\r\n"; }));
        server.take();
        server.say(reply);
    }

    void expect_changed() {
        ASSERT_TRUE(run_until([&] { return !store->is_connected(); }));
        EXPECT_EQ(store->breaker().reason().code, error_code::changed);
        EXPECT_THAT(events, ElementsAre("lost"));
    }
};

TEST_F(link_check_test, goes_on_while_the_server_is_the_same) {
    check_with(greeting_replies().replication());
    ASSERT_TRUE(run_until([&] { return !server.received().empty(); }));
    EXPECT_TRUE(store->is_connected());
    EXPECT_TRUE(events.empty());
}

TEST_F(link_check_test, a_primary_that_became_a_replica_is_left) {
    check_with(greeting_replies{.role = "slave"}.replication());
    expect_changed();
}

TEST_F(link_check_test, another_history_of_the_data_is_another_epoch) {
    check_with(greeting_replies{.history = std::string(40, 'd')}.replication());
    expect_changed();
    events.clear();
    ASSERT_TRUE(welcome({.history = std::string(40, 'd')}));
    EXPECT_NE(epochs.at(0), epochs.at(1));
}

TEST_F(link_check_test, a_server_that_does_not_tell_is_not_believed) {
    check_with("-NOPERM this user has no permissions\r\n");
    expect_changed();
}

TEST_F(link_check_test, an_idle_server_that_hangs_is_noticed) {
    settings watchful = how();
    watchful.check_interval = 10ms;
    watchful.timeout = 30ms;
    connect(watchful);
    ASSERT_TRUE(run_until([&] { return !store->is_connected(); }));
    EXPECT_EQ(store->breaker().reason().code, error_code::timed_out);
}

TEST_F(link_test, a_server_that_does_not_read_holds_up_no_more_than_the_limit_and_gets_all_in_order) {
    settings roomy = how();
    roomy.most.bytes = std::size_t{64} << 20;
    connect(roomy);
    const std::string value(100'000, 'x');
    std::string expected;
    // Far beyond what the sockets' buffers take.
    for (int count = 0; count < 200; ++count) {
        const std::string key = "key " + std::to_string(count);
        in_a_tick([&] { send({"SET", key, value}); });
        append_command(expected, words("SET", key, value));
    }
    std::string received;
    ASSERT_TRUE(run_until([&] { return (received += server.take()).size() >= expected.size(); }));
    EXPECT_EQ(received, expected);
    std::string replies;
    for (int count = 0; count < 200; ++count) replies += "+OK\r\n";
    server.say(replies);
    ASSERT_TRUE(told(200));
    EXPECT_EQ(events.back(), "200: +OK");
}

TEST_F(link_test, when_it_is_stopped_what_waits_is_lost_and_nothing_comes_after) {
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

TEST_F(link_test, may_be_destroyed_at_any_time_and_tells_nobody) {
    const auto captured = std::make_shared<int>(0);
    connect();
    store->send(words("GET", "a"), [captured](const answer&) { ++*captured; });
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

TEST_F(link_test, the_latency_is_counted_of_each_reply) {
    connect();
    for (int count = 0; count < 3; ++count) send({"GET", "a"});
    run_for(30ms);
    server.say("+a\r\n+b\r\n+c\r\n");
    ASSERT_TRUE(told(3));
    std::uint64_t observed = 0;
    for (const auto& bucket : store->counters().latency.buckets) observed += bucket.get();
    EXPECT_EQ(observed, 3U);
    EXPECT_GE(store->counters().latency.nanoseconds.get(), 3 * 30'000'000U);
}

}  // namespace
}  // namespace pgweir::redis

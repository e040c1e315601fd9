#include "redis/link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>

#include "redis/link_lab.hpp"

namespace pgweir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

using link_test = link_lab;

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
        store->send_all(metrics::store_op::get, both, [this, number](const answer& told) { note(number, told); });
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

TEST_F(link_test, who_gives_up_inside_of_a_reply_gets_no_further_ones) {
    connect();
    store->send(metrics::store_op::get, words("GET", "a"), [&](const answer& told) {
        note(1, told);
        store->give_up(error_code::bad_reply);
        store->send(metrics::store_op::get, words("GET", "b"), [&](const answer& more) { note(3, more); });
    });
    store->send(metrics::store_op::get, words("GET", "c"), [&](const answer& told) { note(2, told); });
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
    store->send(metrics::store_op::get, words("GET", "a"), [&](const answer& told) {
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
        store->send(metrics::store_op::get, words("GET", "a"), [this, number](const answer& told) {
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

std::uint64_t observed(const link& of, metrics::store_op op, metrics::store_result result) {
    std::uint64_t sum = 0;
    for (const auto& bucket : of.counters().latency[op][result].buckets) sum += bucket.get();
    return sum;
}

TEST_F(link_test, the_latency_is_counted_of_each_reply) {
    using metrics::store_op;
    using metrics::store_result;
    connect();
    for (int count = 0; count < 3; ++count) send({"GET", "a"});
    store->send(store_op::set, words("SET", "a", "b"), [this](const answer& told) { note(4, told); });
    run_for(30ms);
    server.say("+a\r\n+b\r\n+c\r\n-OOM no room\r\n");
    ASSERT_TRUE(told(4));
    EXPECT_EQ(observed(*store, store_op::get, store_result::ok), 3U);
    EXPECT_GE(store->counters().latency[store_op::get][store_result::ok].nanoseconds.get(), 3 * 30'000'000U);
    EXPECT_EQ(observed(*store, store_op::set, store_result::error), 1U);
    send({"GET", "d"});
    run_for(30ms);
    server.hang_up();
    ASSERT_TRUE(told(5));
    EXPECT_EQ(observed(*store, store_op::get, store_result::error), 1U);
    EXPECT_EQ(observed(*store, store_op::set, store_result::ok), 0U);
}

}  // namespace
}  // namespace pgweir::redis

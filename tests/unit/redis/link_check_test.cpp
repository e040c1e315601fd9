#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "redis/link_lab.hpp"

namespace pgweir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

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

TEST_F(link_check_test, an_error_that_shows_another_role_ends_the_connection_behind_it) {
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

}  // namespace
}  // namespace pgweir::redis

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "redis/shared_store_lab.hpp"

namespace pgweir::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using shared_store_epochs_test = shared_store_lab;

TEST_F(shared_store_epochs_test, a_bump_is_repeated_once_in_the_epoch_that_others_know_of) {
    shared->bump("db", relations({7}), noted_written());
    EXPECT_EQ(commands(), lines({line({"UNLINK", named(7, 's')}), look_around}));
    server.say(":0\r\n" + values({second, ""}));
    EXPECT_EQ(commands(), lines({line({"UNLINK", named(7, 's', second)}),
                                 line({"MGET", "pgweir:epoch", named(cache::catalogs, 's', second)})}));
    EXPECT_THAT(events, IsEmpty());
    server.say(":1\r\n" + values({second, ""}));
    ASSERT_TRUE(told(1));
    EXPECT_THAT(events, ElementsAre("1: done"));
}

TEST_F(shared_store_epochs_test, a_bump_that_finds_a_third_epoch_is_none) {
    shared->bump("db", relations({7}), noted_written());
    commands();
    server.say(":0\r\n" + values({second, ""}));
    commands();
    server.say(":1\r\n" + values({third, ""}));
    ASSERT_TRUE(told(1));
    EXPECT_THAT(events, ElementsAre("1: " + changed));
}

TEST_F(shared_store_epochs_test, a_bump_that_is_lost_between_two_epochs_is_none) {
    shared->bump("db", relations({7}), noted_written());
    commands();
    server.say(":0\r\n" + values({second, ""}));
    commands();
    server.hang_up();
    ASSERT_TRUE(told(2));
    EXPECT_THAT(events, ElementsAre("lost", "1: " + words_of(error_code::lost)));
}

TEST_F(shared_store_epochs_test, a_lost_epoch_is_put_back_when_the_data_are_the_same_and_only_then_a_bump_is_done) {
    shared->bump("db", relations({7}), noted_written());
    commands();
    server.say(":1\r\n" + values({"", ""}));
    EXPECT_EQ(commands(), info);
    EXPECT_THAT(events, IsEmpty());
    server.say(greeting_replies{}.replication());
    EXPECT_EQ(commands(), line({"SET", "pgweir:epoch", own}));
    ASSERT_TRUE(told(1));
    EXPECT_THAT(events, ElementsAre("1: done"));
}

TEST_F(shared_store_epochs_test, a_lost_epoch_is_left_when_the_data_are_others) {
    greeting_replies other;
    other.history = std::string(40, 'c');
    for (const std::string& said : {other.replication(), bulk(""), std::string("-NOPERM no\r\n")}) {
        for (const bool bumps : {true, false}) {
            if (bumps)
                shared->bump("db", relations({7}), noted_written());
            else
                shared->mark("db", "17:a", relations({7}), noted_written());
            commands();
            server.say((bumps ? ":1\r\n" : ":1\r\n:1\r\n+OK\r\n") + values({"", ""}));
            EXPECT_EQ(commands(), info);
            server.say(said);
            ASSERT_TRUE(told(1));
            EXPECT_THAT(events.front(), ::testing::AnyOf(::testing::EndsWith(changed),
                                                         ::testing::EndsWith(words_of(error_code::command_refused))));
            if (said.front() == '$') {
                ASSERT_TRUE(told(2));
                EXPECT_EQ(events.back(), "lost");
            }
            EXPECT_THAT(server.take(), IsEmpty());
            begin(how());
        }
    }
}

TEST_F(shared_store_epochs_test, all_look_ups_that_find_the_epoch_lost_put_it_back_once) {
    ask({});
    commands();
    ask({});
    commands();
    server.say(values({"", "", "", ""}));
    EXPECT_EQ(commands(), info);
    server.say(values({"", "", "", ""}));
    ASSERT_TRUE(told(2));
    server.say(greeting_replies{}.replication());
    EXPECT_EQ(commands(), line({"SET", "pgweir:epoch", own}));
    server.say("+OK\r\n");
    // And again when it is lost again.
    ask({});
    commands();
    server.say(values({"", "", "", ""}));
    EXPECT_EQ(commands(), info);
    EXPECT_THAT(events, ElementsAre("1: " + changed, "2: " + changed, "3: " + changed));
    // Also when the answer never came.
    server.hang_up();
    ASSERT_TRUE(run_until([&] { return !store->is_connected(); }));
    ASSERT_TRUE(welcome());
    shared->connected(store->server()->epoch());
    ask({});
    commands();
    server.say("+OK\r\n" + values({"", "", "", ""}));
    EXPECT_EQ(commands(), info);
}

}  // namespace
}  // namespace pgweir::redis

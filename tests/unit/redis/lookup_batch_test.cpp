#include "redis/lookup_batch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "redis/link_lab.hpp"

namespace pgweir::redis {
namespace {

using ::testing::ElementsAre;

struct lookup_batch_test : link_lab {
    void SetUp() override { begin(); }

    void begin() {
        lookups.reset();
        connect();
        lookups = std::make_unique<lookup_batch>(loop, *store);
    }

    static std::string text_of(const base::result<lookup_batch::values>& found) {
        if (!found) return found.error().message();
        std::string text;
        for (const auto& each : *found) text += (text.empty() ? "" : " ") + (each ? std::string(*each) : "none");
        return text;
    }

    void fetch(const std::vector<std::string_view>& keys) {
        lookups->fetch(keys, [this, number = ++fetched](const base::result<lookup_batch::values>& found) {
            events.push_back(std::to_string(number) + ": " + text_of(found));
        });
    }

    /// The commands that came since the last time, as text.
    std::string commands() {
        reply_reader reader(1 << 20);
        run_until([&] { return !server.received().empty(); });
        reader.feed(server.take());
        std::string text;
        while (reader.next() == reply_reader::step::reply) text += redis::text_of(reader.current());
        return text;
    }

    int fetched = 0;
    std::unique_ptr<lookup_batch> lookups;
};

TEST_F(lookup_batch_test, all_of_a_tick_share_one_command_and_one_write) {
    const std::uint32_t before = server.writes();
    in_a_tick([&] {
        store->send(metrics::store_op::get, words("GET", "before"), [](const answer&) {});
        fetch({"a", "b"});
        fetch({"b", "c", "b"});
        fetch({"a"});
        store->send(metrics::store_op::get, words("GET", "behind"), [](const answer&) {});
    });
    EXPECT_EQ(server.writes() - before, 1U);
    EXPECT_EQ(commands(), R"(["GET" "before"]["GET" "behind"]["MGET" "a" "b" "c"])");
    server.say("$-1\r\n$-1\r\n*3\r\n$1\r\n1\r\n$-1\r\n$0\r\n\r\n");
    ASSERT_TRUE(told(3));
    EXPECT_THAT(events, ElementsAre("1: 1 none", "2: none  none", "3: 1"));
    EXPECT_EQ(lookups->counters().lookups.get(), 3U);
    EXPECT_EQ(lookups->counters().keys.get(), 6U);
    EXPECT_EQ(lookups->counters().asked_keys.get(), 3U);
    EXPECT_EQ(lookups->counters().batches.get(), 1U);
}

TEST_F(lookup_batch_test, several_may_be_on_their_way) {
    for (const std::string_view key : {"a", "b", "c"}) {
        fetch({key});
        EXPECT_EQ(commands(), "[\"MGET\" \"" + std::string(key) + "\"]");
    }
    server.say("*1\r\n$1\r\n1\r\n*1\r\n$1\r\n2\r\n*1\r\n$1\r\n3\r\n");
    ASSERT_TRUE(told(3));
    EXPECT_THAT(events, ElementsAre("1: 1", "2: 2", "3: 3"));
    // Their memory serves the next ones, and nothing of what they held is left.
    for (const std::string_view key : {"a", "b", "c"}) {
        fetch({"x", key});
        EXPECT_EQ(commands(), "[\"MGET\" \"x\" \"" + std::string(key) + "\"]");
        server.say("*2\r\n$1\r\nx\r\n$-1\r\n");
    }
    ASSERT_TRUE(told(6));
    EXPECT_EQ(events.back(), "6: x none");
}

TEST_F(lookup_batch_test, who_is_told_may_ask_again_and_is_in_the_next_one) {
    lookups->fetch(words("a"), [&](const base::result<lookup_batch::values>& found) {
        events.push_back("0: " + text_of(found));
        fetch({"b"});
    });
    fetch({"a"});
    EXPECT_EQ(commands(), R"(["MGET" "a"])");
    server.say("*1\r\n$1\r\n1\r\n");
    ASSERT_TRUE(told(2));
    EXPECT_EQ(commands(), R"(["MGET" "b"])");
    server.say("*1\r\n$1\r\n2\r\n");
    ASSERT_TRUE(told(3));
    EXPECT_THAT(events, ElementsAre("0: 1", "1: 1", "2: 2"));
}

TEST_F(lookup_batch_test, all_are_told_of_a_failure_but_not_from_inside_their_call) {
    fetch({"a"});
    fetch({"b"});
    EXPECT_EQ(commands(), R"(["MGET" "a" "b"])");
    server.hang_up();
    ASSERT_TRUE(told(3));
    const std::string lost = words_of(error_code::lost);
    EXPECT_THAT(events, ElementsAre("lost", "1: " + lost, "2: " + lost));
    events.clear();
    fetch({"c"});
    EXPECT_TRUE(events.empty());
    ASSERT_TRUE(told(1));
    EXPECT_THAT(events, ElementsAre("3: " + words_of(error_code::not_connected)));
}

TEST_F(lookup_batch_test, an_error_reply_is_no_reason_to_part) {
    fetch({"a"});
    EXPECT_EQ(commands(), R"(["MGET" "a"])");
    server.say("-NOPERM this user has no permissions\r\n");
    ASSERT_TRUE(told(1));
    EXPECT_THAT(events, ElementsAre("1: " + words_of(error_code::command_refused)));
    EXPECT_TRUE(store->is_connected());
}

TEST_F(lookup_batch_test, a_reply_that_can_not_be_one_to_the_question_ends_the_connection) {
    for (const std::string_view reply : {"*1\r\n$1\r\n1\r\n", "*3\r\n$1\r\n1\r\n$-1\r\n$-1\r\n", "*2\r\n:1\r\n:2\r\n",
                                         "$1\r\n1\r\n", "*-1\r\n", "+OK\r\n"}) {
        events.clear();
        fetch({"a", "b"});
        EXPECT_EQ(commands(), R"(["MGET" "a" "b"])");
        server.say(reply);
        ASSERT_TRUE(told(2)) << reply;
        EXPECT_EQ(events.front(), std::to_string(fetched) + ": " + words_of(error_code::bad_reply)) << reply;
        EXPECT_EQ(events.back(), "lost") << reply;
        begin();
    }
}

}  // namespace
}  // namespace pgweir::redis

#include "redis/shared_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redis/hex.hpp"
#include "redis/shared_store_lab.hpp"

namespace pgweir::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using shared_store_test = shared_store_lab;

TEST_F(shared_store_test, a_question_is_one_look_up_with_the_epoch_and_the_time_before_the_reply) {
    ask({7}, "key");
    const std::string reply = store_names("db", own).reply("key");
    EXPECT_EQ(commands(), lines({line({"PTTL", reply}), line({"MGET", "pgweir:epoch", catalogs, named(0, 's'),
                                                              named(0, 'p'), named(7, 's'), named(7, 'p'), reply})}));
    server.say(":1500\r\n" +
               values({own, "00000000000000cc", "00000000000000aa", "", "00000000000000bb", "1", "text"}));
    ASSERT_TRUE(told(1));
    EXPECT_THAT(events, ElementsAre("1: cc 00000000000000aa 00000000000000bb* text 1500"));
}

TEST_F(shared_store_test, the_lease_of_a_reply_is_taken_and_read_with_it) {
    const std::vector<relation_id> which{7};
    const auto ask_as = [&](std::string_view holder) {
        const cache::store_question question{
            .database = "db", .relations = which, .key = "key", .holder = holder, .lease = 1500ms};
        shared->ask(question, [this](const base::result<cache::store_answer>& said) {
            events.push_back(!said                     ? "failed"
                             : said->leased            ? "ours"
                             : said->leased_to_another ? "another's"
                                                       : "nobody's");
        });
    };
    const std::string reply = store_names("db", own).reply("key");
    const std::string lease = store_names("db", own).lease("key");
    ask_as("us");
    EXPECT_EQ(commands(), lines({line({"PTTL", reply}), line({"SET", lease, "us", "NX", "PX", "1500"}),
                                 line({"MGET", "pgweir:epoch", catalogs, named(0, 's'), named(0, 'p'), named(7, 's'),
                                       named(7, 'p'), reply, lease})}));
    server.say(":-2\r\n+OK\r\n" + values({own, "", "", "", "", "", "", "us"}));
    ASSERT_TRUE(told(1));
    for (const std::string_view has : {"them", ""}) {
        ask_as("us");
        commands();
        server.say(":-2\r\n$-1\r\n" + values({own, "", "", "", "", "", "", has}));
        ASSERT_TRUE(told(events.size() + 1));
    }
    EXPECT_THAT(events, ElementsAre("ours", "another's", "nobody's"));
}

TEST_F(shared_store_test, only_the_holder_releases_a_lease) {
    shared->release("db", "key", "us");
    const std::string said = commands();
    EXPECT_TRUE(said.starts_with("[\"EVAL\" \"if redis.call('GET', KEYS[1]) == ARGV[1] then")) << said;
    EXPECT_TRUE(said.ends_with("\"1\" \"" + store_names("db", own).lease("key") + "\" \"us\"]")) << said;
}

TEST_F(shared_store_test, stamps_are_made_before_they_are_asked_for) {
    ask({7}, {}, true);
    ask({7}, {}, true);
    const std::string said = commands();
    std::vector<std::string> made;
    std::size_t at = 0;
    for (const relation_id each : {0U, cache::catalogs, 7U, 0U, cache::catalogs, 7U}) {
        const std::string head = "[\"SET\" \"" + named(each, 's') + "\" \"";
        ASSERT_EQ(said.substr(at, head.size()), head) << said;
        made.push_back(said.substr(at + head.size(), hex_digits));
        EXPECT_NE(from_hex(made.back()), cache::no_stamp);
        const std::string tail = R"(" "NX" "EX" "86400"])"
                                 "\n";
        ASSERT_EQ(said.substr(at + head.size() + hex_digits, tail.size()), tail) << said;
        at += head.size() + hex_digits + tail.size();
    }
    EXPECT_EQ(std::set<std::string>(made.begin(), made.end()).size(), 6U);
    // Both are one look-up.
    EXPECT_EQ(said.substr(at),
              line({"MGET", "pgweir:epoch", catalogs, named(0, 's'), named(0, 'p'), named(7, 's'), named(7, 'p')}));
}

TEST_F(shared_store_test, what_a_tick_changes_leaves_in_its_order_and_before_what_it_asks) {
    const std::uint32_t before = server.writes();
    in_a_tick([&] {
        ask({7});
        shared->mark("db", "17:a", relations({7}), noted_written());
        shared->bump("db", relations({7, 8}), noted_written());
        shared->unmark("db", "17:a", relations({7}), noted());
        shared->keep("db", "key", "text", 1500ms);
    });
    EXPECT_EQ(server.writes() - before, 1U);
    const std::string said = commands();
    const std::string script = said.substr(said.find("[\"EVAL\""), said.find("\" \"2\" ") - said.find("[\"EVAL\""));
    EXPECT_EQ(
        said,
        lines({line({"HSET", named(7, 'w'), "17:a", "1"}), line({"EXPIRE", named(7, 'w'), "86400"}),
               line({"SET", named(7, 'p'), "1", "EX", "86400"}), look_around,
               line({"UNLINK", named(7, 's'), named(8, 's')}), look_around,
               script + "\" \"2\" \"" + named(7, 'w') + "\" \"" + named(7, 'p') + "\" \"17:a\"]",
               line({"SET", store_names("db", own).reply("key"), "text", "PX", "1500"}),
               line({"MGET", "pgweir:epoch", catalogs, named(0, 's'), named(0, 'p'), named(7, 's'), named(7, 'p')})}));
}

TEST_F(shared_store_test, a_mark_is_done_when_all_of_it_is) {
    shared->mark("db", "17:a", relations({7, 8}), noted_written());
    commands();
    server.say(":1\r\n:1\r\n+OK\r\n:1\r\n:1\r\n+OK\r\n");
    settle();
    EXPECT_THAT(events, IsEmpty());
    server.say(values({own, "00000000000000cc"}));
    ASSERT_TRUE(told(1));
    // The second relation's was refused, whatever comes behind it.
    shared->mark("db", "17:a", relations({7, 8}), noted_written());
    commands();
    server.say(":1\r\n:1\r\n+OK\r\n:1\r\n:1\r\n-OOM command not allowed\r\n" + values({own, ""}));
    ASSERT_TRUE(told(2));
    EXPECT_THAT(events, ElementsAre("1: done, cc", "2: " + words_of(error_code::command_refused)));
}

TEST_F(shared_store_test, a_bump_that_was_refused_is_none) {
    shared->bump("db", relations({7}), noted_written());
    commands();
    server.say("-NOPERM this user has no permissions\r\n" + values({own, ""}));
    ASSERT_TRUE(told(1));
    EXPECT_THAT(events, ElementsAre("1: " + words_of(error_code::command_refused)));
}

TEST_F(shared_store_test, what_is_no_answer_to_a_write_says_nothing_of_the_epoch) {
    for (const std::string_view said : {"+OK\r\n", ":7\r\n", "$-1\r\n", "*0\r\n", "*1\r\n$-1\r\n"}) {
        shared->bump("db", relations({7}), noted_written());
        commands();
        server.say(":1\r\n" + std::string(said));
        ASSERT_TRUE(told(1)) << said;
        EXPECT_THAT(std::exchange(events, {}), ElementsAre(::testing::EndsWith(changed))) << said;
    }
}

TEST_F(shared_store_test, bumps_of_the_same_that_leave_together_are_one) {
    in_a_tick([&] {
        shared->bump("db", relations({7}), noted_written());
        shared->mark("db", "17:b", relations({7}), [](const auto&) {});
        shared->bump("db", relations({7}), noted_written());
        shared->bump("db", relations({7}), noted_written());
    });
    const std::string unlink = line({"UNLINK", named(7, 's')});
    const std::string said = commands();
    EXPECT_EQ(said.find(unlink), 0U) << said;
    EXPECT_EQ(said.rfind(unlink), 0U) << said;
    // One that leaves later is another one, though the first is not acknowledged yet.
    shared->bump("db", relations({7}), noted_written());
    EXPECT_EQ(commands(), lines({unlink, look_around}));
    EXPECT_THAT(events, IsEmpty());
    server.say(":1\r\n" + values({own, "00000000000000cc"}));
    ASSERT_TRUE(told(3));
    EXPECT_THAT(events, ElementsAre("1: done, cc", "2: done, cc", "3: done, cc"));
}

TEST_F(shared_store_test, bumps_of_others_are_others) {
    in_a_tick([&] {
        shared->bump("db", relations({7}), noted_written());
        shared->bump("db", relations({7, 8}), noted_written());
        shared->bump("other", relations({7, 8}), noted_written());
        shared->bump("db", {.everything = true, .relations = {}}, noted_written());
    });
    std::string other = named(7, 's');
    other.replace(7, 2, "other");
    std::string other_too = named(8, 's');
    other_too.replace(7, 2, "other");
    std::string other_catalogs = catalogs;
    other_catalogs.replace(7, 2, "other");
    EXPECT_EQ(commands(),
              lines({line({"UNLINK", named(7, 's')}), look_around, line({"UNLINK", named(7, 's'), named(8, 's')}),
                     look_around, line({"UNLINK", other, other_too}), line({"MGET", "pgweir:epoch", other_catalogs}),
                     line({"UNLINK", named(0, 's')}), look_around}));
}

TEST_F(shared_store_test, all_who_share_a_bump_learn_that_it_was_lost) {
    in_a_tick([&] {
        shared->bump("db", relations({7}), noted_written());
        shared->bump("db", relations({7}), noted_written());
    });
    commands();
    server.hang_up();
    ASSERT_TRUE(told(3));
    EXPECT_THAT(events, ElementsAre("lost", "1: " + words_of(error_code::lost), "2: " + words_of(error_code::lost)));
}

TEST_F(shared_store_test, the_time_that_is_left_is_between_none_and_a_day) {
    struct {
        std::string_view said;
        std::string_view left;
    } const rows[] = {{":1\r\n", "1"},
                      {":0\r\n", "0"},
                      {":-1\r\n", "0"},
                      {":-2\r\n", "0"},
                      {":86400000\r\n", "86400000"},
                      {":86400001\r\n", "86400000"},
                      {":9223372036854775807\r\n", "86400000"},
                      {":-9223372036854775808\r\n", "0"},
                      {"-NOPERM no\r\n", "0"},
                      {"$1\r\n5\r\n", "0"}};
    for (const auto& row : rows) {
        events.clear();
        ask({}, "key");
        commands();
        server.say(std::string(row.said) + values({own, "", "00000000000000aa", "", "text"}));
        ASSERT_TRUE(told(1));
        EXPECT_THAT(events.front(), ::testing::EndsWith("text " + std::string(row.left))) << row.said;
    }
}

TEST_F(shared_store_test, what_may_live_for_less_than_a_millisecond_is_not_kept) {
    in_a_tick([&] {
        for (const base::duration ttl : {0ns, -1ns, 999'999ns}) shared->keep("db", "key", "text", ttl);
        shared->bump("db", relations({7}), noted_written());
        shared->keep("db", "key", "text", 1ms);
    });
    EXPECT_EQ(commands(), lines({line({"UNLINK", named(7, 's')}), look_around,
                                 line({"SET", store_names("db", own).reply("key"), "text", "PX", "1"})}));
}

TEST_F(shared_store_test, who_unmarks_is_told_of_it) {
    shared->unmark("db", "17:a", relations({7}), noted());
    commands();
    server.say("$-1\r\n");
    ASSERT_TRUE(told(1));
    shared->unmark("db", "17:a", relations({7}), noted());
    commands();
    server.say("-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    ASSERT_TRUE(told(2));
    EXPECT_THAT(events, ElementsAre("1: done", "2: " + words_of(error_code::command_refused)));
}

TEST_F(shared_store_test, writers_are_found_or_nobody_is) {
    for (const std::string_view said : {"*2\r\n$4\r\n17:a\r\n$4\r\n18:b\r\n", "*0\r\n", "-NOPERM no\r\n", "$-1\r\n"}) {
        shared->find_writers("db", 7, [&](const std::vector<std::string>& found) {
            std::string text = "writers";
            for (const std::string& each : found) text += " " + each;
            events.push_back(text);
        });
        EXPECT_EQ(commands(), line({"HKEYS", named(7, 'w')}));
        server.say(said);
    }
    ASSERT_TRUE(told(4));
    EXPECT_THAT(events, ElementsAre("writers 17:a 18:b", "writers", "writers", "writers"));
}

TEST_F(shared_store_test, what_nobody_waits_for_goes_nowhere_when_it_cannot_be_sent) {
    settings few = how();
    few.most.requests = 1;
    begin(few);
    // While one waits there is room for no other.
    shared->bump("db", relations({7}), noted_written());
    shared->keep("db", "key", "text", 1s);
    shared->unmark("db", "17:a", relations({7}), noted());
    ask({7}, "key", true);
    EXPECT_EQ(commands(), lines({line({"UNLINK", named(7, 's')}), look_around}));
    ASSERT_TRUE(told(2));
    const std::string full = words_of(error_code::too_many_requests);
    EXPECT_THAT(events, ElementsAre("2: " + full, "3: " + full));
    server.hang_up();
    ASSERT_TRUE(run_until([&] { return !store->is_connected(); }));
    events.clear();
    shared->keep("db", "key", "text", 1s);
    shared->unmark("db", "17:a", relations({7}), noted());
    shared->mark("db", "17:a", relations({7}), noted_written());
    ask({7}, "key", true);
    const std::string unconnected = words_of(error_code::not_connected);
    EXPECT_THAT(events, ElementsAre("4: " + unconnected, "5: " + unconnected, "6: " + unconnected));
    EXPECT_FALSE(shared->is_reachable());
}

TEST(store_names_test, tell_apart_databases_epochs_kinds_relations_and_keys) {
    std::set<std::string> all;
    std::size_t made = 0;
    for (const std::string_view database : {"db", "db2", "d"}) {
        for (const std::string& epoch : {own, second}) {
            const store_names names(database, epoch);
            for (const relation_id each : {0U, 1U, 11U, 4294967295U}) {
                all.insert({names.stamp(each), names.mark(each), names.writers(each)});
                made += 3;
            }
            for (const std::string_view key : {"", "0", "1", "key", "key2"}) {
                all.insert(names.reply(key));
                ++made;
            }
        }
    }
    EXPECT_EQ(all.size(), made);
    // They are found by other processes, and by those who look with redis-cli.
    EXPECT_EQ(store_names("db", "e").stamp(4294967295U), "pgweir:db:e:s:4294967295");
    EXPECT_EQ(store_names("db", "e").mark(0), "pgweir:db:e:p:0");
    EXPECT_EQ(store_names("db", "e").writers(1), "pgweir:db:e:w:1");
    EXPECT_EQ(store_names("db", "e").reply("key"), "pgweir:db:e:e:0c37033bf42105f2da89193d2865d1d1");
}

TEST(hex_test, numbers_are_sixteen_digits) {
    for (const std::uint64_t number :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0xabcdef}, ~std::uint64_t{0}}) {
        std::string text = "x";
        append_hex(text, number);
        EXPECT_EQ(text.size(), 1 + hex_digits);
        EXPECT_EQ(from_hex(std::string_view(text).substr(1)), number);
    }
    std::string text;
    append_hex(text, 0xabc);
    EXPECT_EQ(text, "0000000000000abc");
    EXPECT_EQ(from_hex("FFFFFFFFFFFFFFFF"), ~std::uint64_t{0});
}

TEST(hex_test, what_are_not_sixteen_digits_is_no_number) {
    for (const std::string_view text :
         {"", "1", "000000000000001", "00000000000000001", "000000000000000g", "-000000000000001", "+000000000000001",
          "0x00000000000001", " 000000000000001", "000000000000001 ", "g000000000000001"})
        EXPECT_EQ(from_hex(text), 0U) << text;
    EXPECT_EQ(from_hex(std::string_view("000000000000001\0", 16)), 0U);
}

}  // namespace
}  // namespace pgweir::redis

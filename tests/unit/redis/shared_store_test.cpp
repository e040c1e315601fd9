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
#include <vector>

#include "redis/hex.hpp"
#include "redis/link_lab.hpp"

namespace pgweir::redis {
namespace {

using namespace std::chrono_literals;
using cache::relation_id;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string own = make_epoch(run_id(), std::string(40, 'b')).to_string();
const std::string second(32, '2');
const std::string third(32, '3');

cache::write_set relations(std::initializer_list<relation_id> which) {
    cache::write_set what;
    what.add(false, {which.begin(), which.size()});
    return what;
}

/// A reply of strings; nil for what is empty.
std::string values(std::initializer_list<std::string_view> of) {
    std::string text = "*" + std::to_string(of.size()) + "\r\n";
    for (const std::string_view each : of) text += each.empty() ? "$-1\r\n" : bulk(each);
    return text;
}

/// With a server that says what the test tells it to: what a real one cannot be made to show.
struct shared_store_test : link_lab {
    void SetUp() override { begin(how()); }

    void begin(settings with) {
        shared.reset();
        connect(with);
        shared = std::make_unique<shared_store>(loop, *store, random);
        shared->connected(store->server()->epoch());
        EXPECT_EQ(commands(), R"(["SET" "pgweir:epoch" ")" + own + "\"]");
        server.say("+OK\r\n");
        EXPECT_TRUE(run_until([&] { return store->waiting() == 0; }));
    }

    /// Those that came since the last time, a line for each.
    std::string commands() {
        reply_reader reader(1 << 20);
        run_until([&] { return !server.received().empty(); });
        reader.feed(server.take());
        std::string text;
        while (reader.next() == reply_reader::step::reply) text += redis::text_of(reader.current()) + "\n";
        if (text.ends_with("\n")) text.pop_back();
        return text;
    }
    static std::string named(relation_id which, char kind, const std::string& epoch = own) {
        return "pgweir:db:" + epoch + ":" + kind + ":" + std::to_string(which);
    }
    /// One command as commands() has it.
    static std::string line(std::initializer_list<std::string> words) {
        std::string text = "[";
        for (const std::string& each : words) text += (text.size() > 1 ? " \"" : "\"") + each + '"';
        return text + "]";
    }
    static std::string lines(std::initializer_list<std::string> all) {
        std::string text;
        for (const std::string& each : all) text += (text.empty() ? "" : "\n") + each;
        return text;
    }

    cache::shared_store::done noted() {
        return [this, number = ++calls](base::status failed) {
            events.push_back(std::to_string(number) + ": " + (failed ? failed.message() : "done"));
        };
    }
    void ask(std::vector<relation_id> which, std::string_view key = {}, bool make = false) {
        const cache::store_question question{.database = "db", .relations = which, .key = key, .make_stamps = make};
        shared->ask(question, [this, number = ++calls](const base::result<cache::store_answer>& said) {
            events.push_back(std::to_string(number) + ": " + text_of(said));
        });
    }
    static std::string text_of(const base::result<cache::store_answer>& said) {
        if (!said) return said.error().message();
        std::string text;
        if (said->catalogs == 0xcc) text = "cc ";
        for (const cache::shared_stamp& each : said->stamps) {
            append_hex(text, each.now);
            text += each.marked ? "* " : " ";
        }
        return text + std::string(said->reply) + " " + std::to_string(said->left / 1ms);
    }

    std::unique_ptr<shared_store> shared;
    const std::string catalogs = named(cache::catalogs, 's');
    const std::string get_epoch = line({"GET", "pgweir:epoch"});
    const std::string info = line({"INFO", "replication"});
    const std::string changed = words_of(error_code::changed);
    int calls = 0;
};

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
        shared->mark("db", "17:a", relations({7}), noted());
        shared->bump("db", relations({7, 8}), noted());
        shared->unmark("db", "17:a", relations({7}), noted());
        shared->keep("db", "key", "text", 1500ms);
    });
    EXPECT_EQ(server.writes() - before, 1U);
    const std::string said = commands();
    const std::string script = said.substr(said.find("[\"EVAL\""), said.find("\" \"2\" ") - said.find("[\"EVAL\""));
    EXPECT_EQ(
        said,
        lines({line({"HSET", named(7, 'w'), "17:a", "1"}), line({"EXPIRE", named(7, 'w'), "86400"}),
               line({"SET", named(7, 'p'), "1", "EX", "86400"}), get_epoch,
               line({"UNLINK", named(7, 's'), named(8, 's')}), get_epoch,
               script + "\" \"2\" \"" + named(7, 'w') + "\" \"" + named(7, 'p') + "\" \"17:a\"]",
               line({"SET", store_names("db", own).reply("key"), "text", "PX", "1500"}),
               line({"MGET", "pgweir:epoch", catalogs, named(0, 's'), named(0, 'p'), named(7, 's'), named(7, 'p')})}));
}

TEST_F(shared_store_test, a_mark_is_done_when_all_of_it_is) {
    shared->mark("db", "17:a", relations({7, 8}), noted());
    commands();
    server.say(":1\r\n:1\r\n+OK\r\n:1\r\n:1\r\n+OK\r\n");
    settle();
    EXPECT_THAT(events, IsEmpty());
    server.say(bulk(own));
    ASSERT_TRUE(told(1));
    // The second relation's was refused, whatever comes behind it.
    shared->mark("db", "17:a", relations({7, 8}), noted());
    commands();
    server.say(":1\r\n:1\r\n+OK\r\n:1\r\n:1\r\n-OOM command not allowed\r\n" + bulk(own));
    ASSERT_TRUE(told(2));
    EXPECT_THAT(events, ElementsAre("1: done", "2: " + words_of(error_code::command_refused)));
}

TEST_F(shared_store_test, a_bump_that_was_refused_is_none) {
    shared->bump("db", relations({7}), noted());
    commands();
    server.say("-NOPERM this user has no permissions\r\n" + bulk(own));
    ASSERT_TRUE(told(1));
    EXPECT_THAT(events, ElementsAre("1: " + words_of(error_code::command_refused)));
}

TEST_F(shared_store_test, a_bump_is_repeated_once_in_the_epoch_that_others_know_of) {
    shared->bump("db", relations({7}), noted());
    EXPECT_EQ(commands(), lines({line({"UNLINK", named(7, 's')}), get_epoch}));
    server.say(":0\r\n" + bulk(second));
    EXPECT_EQ(commands(), lines({line({"UNLINK", named(7, 's', second)}), get_epoch}));
    EXPECT_THAT(events, IsEmpty());
    server.say(":1\r\n" + bulk(second));
    ASSERT_TRUE(told(1));
    EXPECT_THAT(events, ElementsAre("1: done"));
}

TEST_F(shared_store_test, a_bump_that_finds_a_third_epoch_is_none) {
    shared->bump("db", relations({7}), noted());
    commands();
    server.say(":0\r\n" + bulk(second));
    commands();
    server.say(":1\r\n" + bulk(third));
    ASSERT_TRUE(told(1));
    EXPECT_THAT(events, ElementsAre("1: " + changed));
}

TEST_F(shared_store_test, a_bump_that_is_lost_between_two_epochs_is_none) {
    shared->bump("db", relations({7}), noted());
    commands();
    server.say(":0\r\n" + bulk(second));
    commands();
    server.hang_up();
    ASSERT_TRUE(told(2));
    EXPECT_THAT(events, ElementsAre("lost", "1: " + words_of(error_code::lost)));
}

TEST_F(shared_store_test, a_lost_epoch_is_put_back_when_the_data_are_the_same_and_only_then_a_bump_is_done) {
    shared->bump("db", relations({7}), noted());
    commands();
    server.say(":1\r\n$-1\r\n");
    EXPECT_EQ(commands(), info);
    EXPECT_THAT(events, IsEmpty());
    server.say(greeting_replies{}.replication());
    EXPECT_EQ(commands(), line({"SET", "pgweir:epoch", own}));
    ASSERT_TRUE(told(1));
    EXPECT_THAT(events, ElementsAre("1: done"));
}

TEST_F(shared_store_test, a_lost_epoch_is_left_when_the_data_are_others) {
    greeting_replies other;
    other.history = std::string(40, 'c');
    for (const std::string& said : {other.replication(), bulk(""), std::string("-NOPERM no\r\n")}) {
        for (const bool bumps : {true, false}) {
            if (bumps)
                shared->bump("db", relations({7}), noted());
            else
                shared->mark("db", "17:a", relations({7}), noted());
            commands();
            server.say((bumps ? ":1\r\n" : ":1\r\n:1\r\n+OK\r\n") + std::string("$-1\r\n"));
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

TEST_F(shared_store_test, all_look_ups_that_find_the_epoch_lost_put_it_back_once) {
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
        shared->bump("db", relations({7}), noted());
        shared->keep("db", "key", "text", 1ms);
    });
    EXPECT_EQ(commands(), lines({line({"UNLINK", named(7, 's')}), get_epoch,
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
    shared->bump("db", relations({7}), noted());
    shared->keep("db", "key", "text", 1s);
    shared->unmark("db", "17:a", relations({7}), noted());
    ask({7}, "key", true);
    EXPECT_EQ(commands(), lines({line({"UNLINK", named(7, 's')}), get_epoch}));
    ASSERT_TRUE(told(2));
    const std::string full = words_of(error_code::too_many_requests);
    EXPECT_THAT(events, ElementsAre("2: " + full, "3: " + full));
    server.hang_up();
    ASSERT_TRUE(run_until([&] { return !store->is_connected(); }));
    events.clear();
    shared->keep("db", "key", "text", 1s);
    shared->unmark("db", "17:a", relations({7}), noted());
    shared->mark("db", "17:a", relations({7}), noted());
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

#include "redis/connection_machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "redis/conversation.hpp"
#include "redis/error.hpp"
#include "redis/words.hpp"

namespace pgweir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

using log = std::vector<std::string>;

/// What happens, which must be the same however the server's bytes are cut.
log play(std::string_view bytes, const url& where = {}, const request_list& requests = {}) {
    const auto pieces = [&](const std::vector<std::string_view>& each) {
        conversation talk(where, requests);
        for (const std::string_view piece : each) talk.feed(piece);
        log events = talk.events;
        // Told once: what follows a broken connection says so again.
        while (events.size() > 1 && events.back().starts_with("broken") && events[events.size() - 2] == events.back())
            events.pop_back();
        return events;
    };
    log whole = pieces({bytes});
    std::vector<std::string_view> single;
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        EXPECT_EQ(pieces({bytes.substr(0, cut), bytes.substr(cut)}), whole) << "cut at " << cut;
        single.push_back(bytes.substr(cut, 1));
    }
    EXPECT_EQ(pieces(single), whole) << "byte by byte";
    return whole;
}

/// The machine's commands as one line each, to be compared with.
std::string lines_of(std::string_view unsent) {
    std::string lines;
    reply_reader reader(1 << 20);
    reader.feed(unsent);
    while (reader.next() == reply_reader::step::reply) lines += text_of(reader.current()) + "\n";
    return lines;
}

const std::string greeted = greeting_replies().to_string();

TEST(greeting_test, asks_for_no_more_than_it_must) {
    EXPECT_EQ(lines_of(conversation().machine.unsent()),
              "[\"CLIENT\" \"SETNAME\" \"pgweir\"]\n[\"INFO\" \"server\"]\n[\"INFO\" \"memory\"]\n"
              "[\"INFO\" \"replication\"]\n[\"PING\"]\n");
}

TEST(greeting_test, says_who_we_are_and_where_we_want_to_be) {
    const auto first_lines = [](const url& where) {
        const std::string lines = lines_of(conversation(where).machine.unsent());
        return lines.substr(0, lines.find("[\"CLIENT\""));
    };
    EXPECT_EQ(first_lines({}), "");
    EXPECT_EQ(first_lines({.password = "hush"}), "[\"AUTH\" \"hush\"]\n");
    EXPECT_EQ(first_lines({.user = "app", .password = "hush"}), "[\"AUTH\" \"app\" \"hush\"]\n");
    EXPECT_EQ(first_lines({.user = "app"}), "[\"AUTH\" \"app\" \"\"]\n");
    EXPECT_EQ(first_lines({.database = 7}), "[\"SELECT\" \"7\"]\n");
    EXPECT_EQ(first_lines({.password = "hush", .database = 7}), "[\"AUTH\" \"hush\"]\n[\"SELECT\" \"7\"]\n");
}

TEST(greeting_test, learns_which_server_it_is) {
    conversation talk;
    talk.feed(greeted);
    EXPECT_THAT(talk.events, ElementsAre("greeted"));
    const server_identity& server = talk.machine.server();
    EXPECT_EQ(server.run_id, run_id());
    EXPECT_EQ(server.eviction_policy, "noeviction");
    EXPECT_EQ(server.version, "7.0.15");
    EXPECT_EQ(server.epoch(), make_epoch(run_id(), std::string(40, 'b')));
}

TEST(greeting_test, is_the_same_however_it_is_cut) {
    EXPECT_THAT(play(greeted), ElementsAre("greeted"));
    EXPECT_THAT(play("+OK\r\n+OK\r\n" + greeted, {.user = "app", .password = "hush", .database = 1}),
                ElementsAre("greeted"));
}

struct greeting_step {
    std::string good;
    std::string on_error;  ///< what becomes of it when the reply is an error; empty: nothing
};

/// With a password and a database, step by step.
std::vector<greeting_step> greeting_steps() {
    const greeting_replies good;
    const auto broken = [](error_code why) { return "broken: " + make_error_code(why).message() + " (ERR)"; };
    return {
        {"+OK\r\n", broken(error_code::credentials_refused)},
        {"+OK\r\n", broken(error_code::database_refused)},
        {"+OK\r\n", ""},
        {bulk("run_id:" + good.run + "\r\n"), broken(error_code::identity_unknown)},
        {bulk("maxmemory_policy:noeviction\r\n"), ""},
        {good.replication(), broken(error_code::identity_unknown)},
        {"+PONG\r\n", broken(error_code::not_ready)},
    };
}

std::string greeting_with(const std::vector<greeting_step>& steps, std::size_t changed, const std::string& reply) {
    std::string bytes;
    for (std::size_t at = 0; at < steps.size(); ++at) bytes += at == changed ? reply : steps[at].good;
    return bytes;
}

const url with_all{.password = "hush", .database = 1};

TEST(greeting_test, an_error_at_a_step_ends_it_where_it_must) {
    const auto steps = greeting_steps();
    for (std::size_t at = 0; at < steps.size(); ++at) {
        const std::string expected = steps[at].on_error.empty() ? "greeted" : steps[at].on_error;
        EXPECT_THAT(play(greeting_with(steps, at, "-ERR hush is unknown\r\n"), with_all), ElementsAre(expected)) << at;
    }
}

TEST(greeting_test, what_fits_no_step_ends_it_at_each) {
    const auto steps = greeting_steps();
    const std::string bad = "broken: " + make_error_code(error_code::bad_reply).message();
    for (std::size_t at = 0; at < steps.size(); ++at)
        for (const std::string reply : {":1\r\n", "*0\r\n", "garbage\r\n"})
            EXPECT_THAT(play(greeting_with(steps, at, reply), with_all), ElementsAre(bad)) << at << " " << reply;
}

TEST(greeting_test, an_end_at_any_byte_is_no_greeting) {
    for (std::size_t cut = 0; cut < greeted.size(); ++cut) {
        conversation talk;
        talk.feed(std::string_view(greeted).substr(0, cut));
        EXPECT_TRUE(talk.events.empty()) << cut;
        EXPECT_FALSE(talk.machine.is_greeted());
    }
}

std::string why_not(const std::string& bytes, const url& where = {}) {
    const log events = play(bytes, where);
    EXPECT_EQ(events.size(), 1U);
    const std::string prefix = "broken: ";
    EXPECT_TRUE(events.at(0).starts_with(prefix)) << events.at(0);
    return events.at(0).substr(prefix.size());
}

std::string sentence(error_code code, std::string_view kind = {}) {
    return refusal{.code = code, .kind = std::string(kind)}.to_string();
}

TEST(greeting_test, says_why_the_server_does_not_want_us) {
    const url with_password{.password = "hush"};
    EXPECT_EQ(why_not("-NOAUTH Authentication required.\r\n"), sentence(error_code::credentials_missing, "NOAUTH"));
    EXPECT_EQ(why_not("-WRONGPASS invalid username-password pair or user is disabled.\r\n", with_password),
              sentence(error_code::credentials_refused, "WRONGPASS"));
    EXPECT_EQ(
        why_not("-ERR AUTH <password> called without any password configured for the default user.\r\n", with_password),
        sentence(error_code::credentials_not_wanted, "ERR"));
    EXPECT_EQ(why_not("-ERR Client sent AUTH, but no password is set\r\n", with_password),
              sentence(error_code::credentials_not_wanted, "ERR"));
    EXPECT_EQ(why_not("-DENIED Redis is running in protected mode\r\n", with_password),
              sentence(error_code::protected_mode, "DENIED"));
    EXPECT_EQ(why_not("-ERR max number of clients reached\r\n", with_password),
              sentence(error_code::too_many_clients, "ERR"));
}

TEST(greeting_test, a_server_that_is_loading_is_not_ready) {
    std::string loading = greeted;
    loading.replace(loading.find("+PONG"), 5, "-LOADING Redis is loading the dataset in memory");
    EXPECT_EQ(why_not(loading), sentence(error_code::not_ready, "LOADING"));
}

TEST(greeting_test, only_a_primary_that_stands_alone_will_do) {
    EXPECT_EQ(why_not(greeting_replies{.role = "slave"}.to_string()), sentence(error_code::not_primary));
    EXPECT_EQ(why_not(greeting_replies{.role = ""}.to_string()), sentence(error_code::identity_unknown));
    EXPECT_EQ(why_not(greeting_replies{.run = ""}.to_string()), sentence(error_code::identity_unknown));
    EXPECT_EQ(why_not(greeting_replies{.history = ""}.to_string()), sentence(error_code::identity_unknown));
    for (const std::string_view mode : {"cluster", "sentinel"}) {
        std::string other = "+OK\r\n" + bulk("redis_mode:" + std::string(mode) + "\r\nrun_id:a\r\n");
        other += bulk("") + greeting_replies().replication() + "+PONG\r\n";
        EXPECT_EQ(why_not(other), sentence(error_code::cluster_not_built));
    }
}

TEST(greeting_test, a_secret_that_the_server_repeats_is_in_no_words_of_ours) {
    const url secret{.user = "covert", .password = "hush"};
    const std::string words =
        why_not("-ERR unknown command `AUTH`, with args beginning with: `covert`, `hush`, \r\n", secret);
    EXPECT_EQ(words.find("hush"), std::string::npos) << words;
    EXPECT_EQ(words.find("covert"), std::string::npos) << words;
    EXPECT_EQ(words, sentence(error_code::credentials_refused, "ERR"));
}

TEST(connection_machine_test, writes_the_commands_of_requests_one_behind_the_other) {
    conversation talk({}, {{{"GET", "a"}}, {{"SET", "b", "1"}, {"GET", "b"}}});
    talk.machine.sent(talk.machine.unsent().size());
    EXPECT_EQ(talk.machine.unsent(), "");
    talk.feed(greeted);
    EXPECT_EQ(lines_of(talk.machine.unsent()), "[\"GET\" \"a\"]\n[\"SET\" \"b\" \"1\"]\n[\"GET\" \"b\"]\n");
}

TEST(connection_machine_test, bytes_that_were_not_taken_stay_in_order) {
    conversation talk;
    std::string written;
    const auto write_some = [&](std::size_t count) {
        count = std::min(count, talk.machine.unsent().size());
        written += talk.machine.unsent().substr(0, count);
        talk.machine.sent(count);
    };
    write_some(10'000);
    talk.feed(greeted);
    written.clear();
    std::string expected;
    for (int number = 0; number < 500; ++number) {
        const std::string key = "key " + std::to_string(number);
        append_command(expected, words("GET", key));
        ASSERT_TRUE(talk.request({{"GET", key}}));
        write_some(17);
    }
    while (!talk.machine.unsent().empty()) write_some(1000);
    EXPECT_EQ(written, expected);
}

/// Requests, the replies to them, and what is told of each.
struct exchange {
    request_list requests;
    std::string replies;
    log told;
};

exchange a_bit_of_everything() {
    return {
        {{{"GET", "a"}},
         {{"MGET", "a", "b", "c"}},
         {{"SET", "k", "v"}, {"GET", "k"}},
         {{"UNLINK", "s"}, {"HDEL", "p", "f"}, {"GET", "k"}},
         {{"INCR", "n"}},
         {{"EVAL", "x", "0"}},
         {{"GET", "missing"}}},
        "$5\r\nvalue\r\n"
        "*3\r\n$1\r\n1\r\n$-1\r\n$0\r\n\r\n"
        "+OK\r\n$1\r\nv\r\n"
        ":1\r\n-WRONGTYPE Operation against a key\r\n$1\r\nv\r\n"
        "-OOM command not allowed\r\n"
        "*2\r\n*1\r\n:1\r\n-ERR inside\r\n"
        "$-1\r\n",
        {"1: \"value\"", "2: [\"1\" nil \"\"]", "3: \"v\"", "4: -WRONGTYPE Operation against a key",
         "5: -OOM command not allowed", "6: [[:1] -ERR inside]", "7: nil"},
    };
}

TEST(connection_machine_test, each_request_gets_its_reply_however_they_are_cut) {
    const exchange all = a_bit_of_everything();
    log expected{"greeted"};
    expected.insert(expected.end(), all.told.begin(), all.told.end());
    EXPECT_EQ(play(greeted + all.replies, {}, all.requests), expected);
}

TEST(connection_machine_test, when_it_ends_at_any_byte_each_request_was_told_once) {
    const exchange all = a_bit_of_everything();
    for (std::size_t cut = 0; cut <= all.replies.size(); ++cut) {
        conversation talk({}, all.requests);
        talk.feed(greeted + all.replies.substr(0, cut));
        const std::size_t before = talk.events.size() - 1;
        talk.end();
        ASSERT_EQ(talk.events.size(), all.told.size() + 1) << "ended at " << cut;
        for (std::size_t at = 0; at < all.told.size(); ++at) {
            const std::string lost = std::to_string(at + 1) + ": " + sentence(error_code::lost);
            EXPECT_EQ(talk.events[at + 1], at < before ? all.told[at] : lost) << "ended at " << cut;
        }
    }
}

TEST(connection_machine_test, garbage_instead_of_any_reply_ends_it_there) {
    const exchange all = a_bit_of_everything();
    // Boundaries of replies at which a byte is put in that begins none.
    reply_reader reader(1 << 20);
    std::vector<std::size_t> boundaries{0};
    for (std::size_t at = 0; at < all.replies.size(); ++at) {
        reader.feed(std::string_view(all.replies).substr(at, 1));
        if (reader.next() == reply_reader::step::reply) boundaries.push_back(at + 1);
    }
    ASSERT_EQ(boundaries.size(), 11U);
    for (const std::size_t at : boundaries) {
        conversation talk({}, all.requests);
        std::string bytes = all.replies;
        talk.feed(greeted + bytes.insert(at, "!"));
        EXPECT_EQ(talk.events.back(), "broken: " + sentence(error_code::bad_reply)) << at;
        talk.events.pop_back();
        talk.end();
        EXPECT_EQ(talk.events.size(), all.told.size() + 1) << at;
    }
}

TEST(connection_machine_test, a_reply_that_nobody_waits_for_ends_it) {
    EXPECT_THAT(play(greeted + "+OK\r\n"), ElementsAre("greeted", "broken: " + sentence(error_code::bad_reply)));
    EXPECT_THAT(play(greeted + ":1\r\n:2\r\n", {}, {{{"INCR", "n"}}}),
                ElementsAre("greeted", "1: :1", "broken: " + sentence(error_code::bad_reply)));
}

TEST(connection_machine_test, the_first_error_of_several_commands_is_told_at_once_and_once) {
    conversation talk({}, {{{"A"}, {"B"}, {"C"}}, {{"D"}}});
    talk.feed(greeted + "+OK\r\n-ERR b\r\n");
    EXPECT_THAT(talk.events, ElementsAre("greeted", "1: -ERR b"));
    EXPECT_EQ(talk.machine.waiting(), 2U);
    talk.feed("-ERR c\r\n+d\r\n");
    EXPECT_THAT(talk.events, ElementsAre("greeted", "1: -ERR b", "2: +d"));
    EXPECT_EQ(talk.machine.waiting(), 0U);
}

TEST(connection_machine_test, takes_no_more_requests_than_its_limit) {
    conversation talk({}, {}, {.requests = 3});
    talk.feed(greeted);
    EXPECT_TRUE(talk.request({{"GET", "a"}, {"GET", "b"}}));
    EXPECT_TRUE(talk.request({{"GET", "a"}}));
    EXPECT_TRUE(talk.request({{"GET", "a"}}));
    const std::string unsent(talk.machine.unsent());
    EXPECT_FALSE(talk.request({{"GET", "a"}}));
    EXPECT_EQ(talk.machine.unsent(), unsent);
    talk.feed("+a\r\n+b\r\n");
    EXPECT_TRUE(talk.request({{"GET", "a"}}));
}

TEST(connection_machine_test, takes_no_more_bytes_than_its_limit) {
    const std::string value(4000, 'x');
    conversation talk({}, {}, {.bytes = 10'000});
    talk.feed(greeted);
    EXPECT_TRUE(talk.request({{"SET", "a", value}}));
    EXPECT_TRUE(talk.request({{"SET", "a", value}}));
    EXPECT_FALSE(talk.request({{"SET", "a", value}}));
    EXPECT_TRUE(talk.request({{"GET", "a"}}));
    // They count until the reply has come, not until they were written.
    talk.machine.sent(talk.machine.unsent().size());
    EXPECT_FALSE(talk.request({{"SET", "a", value}}));
    talk.feed("+OK\r\n");
    EXPECT_TRUE(talk.request({{"SET", "a", value}}));
}

TEST(connection_machine_test, a_reply_over_the_limit_ends_it) {
    conversation talk({}, {{{"GET", "a"}}}, {.reply_bytes = 1000});
    talk.feed(greeted);
    talk.feed("$5000\r\n" + std::string(1500, 'x'));
    EXPECT_EQ(talk.events.back(), "broken: " + sentence(error_code::bad_reply));
}

TEST(connection_machine_test, knows_since_when_the_oldest_waits) {
    connection_machine machine({}, {});
    machine.feed(greeted);
    ASSERT_EQ(machine.next().what, connection_machine::event::kind::greeted);
    EXPECT_EQ(machine.oldest(), base::never);
    const auto get = words("GET", "a");
    const std::vector<command> two{get, get};
    for (const base::duration after : {1s, 2s}) {
        answer_callback done = [](const answer&) {};
        ASSERT_TRUE(machine.request(two, done, conversation::asked_at + after));
    }
    EXPECT_EQ(machine.oldest(), conversation::asked_at + 1s);
    // Told already, but half of its replies are to come.
    machine.feed("-ERR a\r\n");
    const auto told = machine.next();
    EXPECT_EQ(told.what, connection_machine::event::kind::answered);
    EXPECT_EQ(told.asked_at, conversation::asked_at + 1s);
    EXPECT_EQ(machine.oldest(), conversation::asked_at + 1s);
    machine.feed("+b\r\n");
    EXPECT_EQ(machine.next().what, connection_machine::event::kind::wait);
    EXPECT_EQ(machine.oldest(), conversation::asked_at + 2s);
}

}  // namespace
}  // namespace pgweir::redis

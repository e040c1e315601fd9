#include "relay/console_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "session/messages.hpp"
#include "session/outcome.hpp"

namespace pgweir::relay {
namespace {

using pgweir::test::query;
using pgweir::test::said;
using pgweir::test::sync;
using stop = console_session::stop;
using testing::ElementsAre;
using testing::IsEmpty;

/// Answers when it is told to, or at once.
struct slow_database final : virtual_database {
    bool serves(std::string_view) const override { return true; }
    void run(std::uint32_t worker, const console_user& user, const std::string& text,
             std::function<void(std::string)> done) override {
        access = user.access;
        asked.push_back(std::to_string(worker) + " " + user.name + ": " + text);
        if (at_once)
            done("<" + text + ">");
        else
            waiting = std::move(done);
    }

    std::vector<std::string> asked;
    console_access access = console_access::none;
    std::function<void(std::string)> waiting;
    bool at_once = false;
};

struct console_session_test : testing::Test {
    /// As a client does: what comes in is kept until it is taken.
    stop send(base::bytes_view bytes) {
        unread += bytes;
        std::size_t consumed = 0;
        const stop next = session.receive(unread, consumed, out, [this](std::string text) {
            out += text + pgweir::test::ready('I');
            session.finished();
        });
        unread.erase(0, consumed);
        return next;
    }

    std::vector<std::string> told() { return said(std::exchange(out, {})); }

    slow_database database;
    console_session session{database, 3, {"admin", console_access::look}};
    std::string unread;
    std::string out;
};

TEST_F(console_session_test, a_query_is_run_for_its_user_on_its_worker) {
    EXPECT_EQ(send(query("SHOW POOLS")), stop::running);
    EXPECT_THAT(database.asked, ElementsAre("3 admin: SHOW POOLS"));
    EXPECT_EQ(database.access, console_access::look);
    EXPECT_EQ(unread, "");
    EXPECT_EQ(out, "");
    database.waiting(pgweir::test::complete("SHOW"));
    EXPECT_THAT(told(), ElementsAre("C SHOW", "Z I"));
}

TEST_F(console_session_test, nothing_is_taken_while_one_runs) {
    EXPECT_EQ(send(query("one") + query("two")), stop::running);
    EXPECT_EQ(send(query("three")), stop::running);
    EXPECT_THAT(database.asked, ElementsAre("3 admin: one"));
    EXPECT_EQ(unread, query("two") + query("three"));
    database.waiting("");
    EXPECT_EQ(send(""), stop::running);
    EXPECT_THAT(database.asked, ElementsAre("3 admin: one", "3 admin: two"));
    EXPECT_EQ(unread, query("three"));
}

TEST_F(console_session_test, answers_that_come_at_once_are_followed_by_the_next_query) {
    database.at_once = true;
    EXPECT_EQ(send(query("one") + query("two")), stop::need_more);
    EXPECT_THAT(database.asked, ElementsAre("3 admin: one", "3 admin: two"));
    EXPECT_EQ(out, "<one>" + pgweir::test::ready('I') + "<two>" + pgweir::test::ready('I'));
    EXPECT_EQ(unread, "");
}

TEST_F(console_session_test, a_message_cut_at_any_byte_waits_for_the_rest) {
    const std::string whole = query("SHOW POOLS");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        database.asked.clear();
        ASSERT_EQ(send(whole.substr(0, size)), stop::need_more) << size;
        ASSERT_THAT(database.asked, IsEmpty());
        ASSERT_EQ(send(whole.substr(size)), stop::running);
        ASSERT_THAT(database.asked, ElementsAre("3 admin: SHOW POOLS"));
        database.waiting("");
    }
}

TEST_F(console_session_test, terminate_ends_it_and_what_follows_is_not_run) {
    EXPECT_EQ(send(pgweir::test::terminate() + query("SHUTDOWN")), stop::terminated);
    EXPECT_THAT(database.asked, IsEmpty());
}

TEST_F(console_session_test, the_extended_protocol_is_refused_once_until_sync) {
    EXPECT_EQ(send(pgweir::test::parse("", "SHOW POOLS") + pgweir::test::bind_to("") + pgweir::test::execute()),
              stop::need_more);
    EXPECT_THAT(told(), ElementsAre("E ERROR 0A000 not supported by the console"));
    EXPECT_EQ(send(sync()), stop::need_more);
    EXPECT_THAT(told(), ElementsAre("Z I"));
    EXPECT_EQ(send(query("SHOW POOLS")), stop::running);
}

TEST_F(console_session_test, what_a_sync_must_come_before_is_not_run) {
    EXPECT_EQ(send(pgweir::test::parse("", "x") + query("SHUTDOWN")), stop::need_more);
    EXPECT_THAT(database.asked, IsEmpty());
    EXPECT_EQ(send(pgweir::test::terminate()), stop::terminated);
}

TEST_F(console_session_test, a_sync_alone_is_answered) {
    EXPECT_EQ(send(sync() + sync()), stop::need_more);
    EXPECT_THAT(told(), ElementsAre("Z I", "Z I"));
}

/// A client that calls a function sends no Sync: it waits for ReadyForQuery as after a Query.
TEST_F(console_session_test, a_function_call_is_refused_and_done_with) {
    EXPECT_EQ(send(pgweir::test::function_call(1)), stop::need_more);
    EXPECT_THAT(told(), ElementsAre("E ERROR 0A000 not supported by the console", "Z I"));
    EXPECT_EQ(send(query("SHOW POOLS")), stop::running);
}

TEST_F(console_session_test, what_is_no_message_ends_it) {
    EXPECT_EQ(send("?"), stop::failed);
    EXPECT_THAT(database.asked, IsEmpty());
}

TEST_F(console_session_test, a_text_without_its_end_ends_it) {
    EXPECT_EQ(send(std::string("Q\0\0\0\x08text", 9)), stop::failed);
    EXPECT_THAT(database.asked, IsEmpty());
}

TEST_F(console_session_test, no_text_is_longer_than_64_kib) {
    const std::string longest = query(std::string(64 * 1024 - 6, 'x'));
    ASSERT_EQ(longest.size(), 64U * 1024U);
    EXPECT_EQ(send(longest), stop::running);
    database.waiting("");
    const std::string longer = query(std::string(64 * 1024 - 5, 'x'));
    EXPECT_EQ(send(longer.substr(0, 5)), stop::failed) << "refused before it is here";
}

}  // namespace
}  // namespace pgweir::relay

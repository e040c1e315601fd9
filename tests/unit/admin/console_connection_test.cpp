#include "admin/console_connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/support.hpp"
#include "session/messages.hpp"
#include "wire/startup.hpp"

namespace pgweir::admin {
namespace {

using namespace std::chrono_literals;
using pgweir::test::query;
using pgweir::test::said;
using pgweir::test::terminate;
using testing::ElementsAre;
using testing::IsEmpty;

/// Answers at once, in a later tick, or when it is told to.
struct some_console final : relay::virtual_database {
    bool serves(std::string_view database) const override { return database == "pgweir"; }
    void run(std::uint32_t worker, const relay::console_user& user, const std::string& text,
             std::function<void(std::string)> done) override {
        asked.push_back(std::to_string(worker) + ' ' + user.name +
                        (user.access == relay::console_access::change ? " may change: " : " may not: ") + text);
        if (soon_on != nullptr)
            soon_on->post([done, reply = pgweir::test::complete(text) + more] { done(reply); });
        else if (at_once)
            done(pgweir::test::complete(text) + more);
        else
            waiting = std::move(done);
    }

    net::reactor* soon_on = nullptr;
    bool at_once = true;
    std::string more;
    std::vector<std::string> asked;
    std::function<void(std::string)> waiting;
};

std::string startup(const std::string& database, const std::string& user = "me") {
    std::string bytes;
    wire::append_startup(bytes, {{"user", user}, {"database", database}});
    return bytes;
}

struct console_connection_test : net::loop_test {
    void open(base::duration login_timeout = base::off) {
        auto [ours, theirs] = net::socket_pair();
        client = std::move(theirs);
        connection = std::make_unique<console_connection>(console_connection::parts{loop, deadlines, console, 5},
                                                          std::move(ours), [this] { ++over; });
        connection->begin(base::deadline_after(base::clock::now(), login_timeout));
    }

    void log_in() {
        open();
        net::send_text(client, startup("pgweir"));
        settle();
        ASSERT_EQ(heard().back(), "Z I");
    }

    std::vector<std::string> heard() { return said(net::receive_text(client.get(), 1U << 20U)); }

    bool has_closed() const {
        char byte = 0;
        return ::recv(client.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
    }

    net::deadline_queue deadlines{loop};
    some_console console;
    base::unique_fd client;
    std::unique_ptr<console_connection> connection;
    int over = 0;
};

TEST_F(console_connection_test, lets_in_without_a_password) {
    open();
    net::send_text(client, startup("pgweir"));
    settle();
    const auto lines = heard();
    ASSERT_GE(lines.size(), 3U);
    EXPECT_EQ(lines.front(), "R");
    EXPECT_EQ(lines[1].front(), 'S');
    EXPECT_EQ(lines.back(), "Z I");
}

TEST_F(console_connection_test, encryption_is_declined_as_everywhere) {
    open();
    std::string request;
    wire::append_ssl_request(request);
    net::send_text(client, request);
    settle();
    EXPECT_EQ(net::receive_text(client.get()), "N");
    net::send_text(client, startup("pgweir"));
    settle();
    EXPECT_EQ(heard().back(), "Z I");
}

TEST_F(console_connection_test, a_command_runs_with_all_rights_on_its_worker) {
    log_in();
    net::send_text(client, query("SHOW POOLS"));
    settle();
    EXPECT_THAT(console.asked, ElementsAre("5 me may change: SHOW POOLS"));
    EXPECT_THAT(heard(), ElementsAre("C SHOW POOLS", "Z I"));
}

TEST_F(console_connection_test, startup_and_commands_may_come_in_one_piece_or_byte_by_byte) {
    const std::string all = startup("pgweir") + query("one") + query("two");
    open();
    net::send_text(client, all);
    settle();
    EXPECT_THAT(console.asked, ElementsAre("5 me may change: one", "5 me may change: two"));
    console.asked.clear();
    open();
    for (const char c : all) {
        net::send_text(client, {&c, 1});
        settle();
    }
    EXPECT_THAT(console.asked, ElementsAre("5 me may change: one", "5 me may change: two"));
}

TEST_F(console_connection_test, an_answer_may_take_its_time_and_comes_in_order) {
    log_in();
    console.at_once = false;
    net::send_text(client, query("one") + query("two"));
    settle();
    EXPECT_EQ(console.asked.size(), 1U);
    EXPECT_THAT(heard(), IsEmpty());
    loop.post([this] { std::exchange(console.waiting, {})(pgweir::test::complete("first")); });
    settle();
    EXPECT_THAT(heard(), ElementsAre("C first", "Z I"));
    EXPECT_EQ(console.asked.size(), 2U);
}

TEST_F(console_connection_test, an_answer_for_one_who_has_gone_reaches_nobody) {
    log_in();
    console.at_once = false;
    net::send_text(client, query("one"));
    settle();
    client.reset();
    settle();
    EXPECT_EQ(over, 1);
    console.waiting(pgweir::test::complete("late"));
    connection.reset();
    console.waiting(pgweir::test::complete("later"));
    settle();
}

TEST_F(console_connection_test, other_databases_are_not_served) {
    open();
    net::send_text(client, startup("app"));
    settle();
    EXPECT_THAT(heard(), ElementsAre("R", "E FATAL 3D000 database \"app\" is not served on this socket"));
    EXPECT_TRUE(has_closed());
    EXPECT_EQ(over, 0) << "it may still have to read that";
    client.reset();
    settle();
    EXPECT_EQ(over, 1);
    EXPECT_THAT(console.asked, IsEmpty());
}

TEST_F(console_connection_test, garbage_is_told_and_ends_it) {
    open();
    net::send_text(client, "GET / HTTP/1.1\r\n\r\n");
    settle();
    EXPECT_EQ(heard().at(0).substr(0, 15), "E FATAL 08P01 i") << "invalid length of startup packet";
    log_in();
    net::send_text(client, query("one") + "garbage" + query("two"));
    settle();
    EXPECT_THAT(heard(), ElementsAre("C one", "Z I", "E FATAL 08P01 protocol violation"));
    EXPECT_THAT(console.asked, ElementsAre("5 me may change: one"));
}

TEST_F(console_connection_test, who_says_nothing_is_sent_away) {
    open(20ms);
    ASSERT_TRUE(run_until([this] { return has_closed() || !net::receive_text(client.get()).empty(); }));
    ASSERT_TRUE(run_until([this] { return has_closed(); }));
    EXPECT_EQ(over, 0);
    ASSERT_TRUE(run_until([this] { return over == 1; })) << "and is not waited for";
}

TEST_F(console_connection_test, once_logged_in_it_may_be_silent) {
    open(20ms);
    net::send_text(client, startup("pgweir"));
    settle();
    heard();
    run_for(60ms);
    EXPECT_FALSE(has_closed());
    EXPECT_THAT(heard(), IsEmpty());
}

TEST_F(console_connection_test, ends_with_terminate_and_with_the_connection) {
    log_in();
    net::send_text(client, terminate() + query("late"));
    settle();
    EXPECT_EQ(over, 1);
    EXPECT_THAT(console.asked, IsEmpty());
    log_in();
    client.reset();
    settle();
    EXPECT_EQ(over, 2);
    open();
    client.reset();
    settle();
    EXPECT_EQ(over, 3) << "before it has said anything";
}

TEST_F(console_connection_test, a_cancel_request_is_closed) {
    open();
    std::string request;
    wire::append_cancel_request(request, 1, "1234");
    net::send_text(client, request);
    settle();
    EXPECT_TRUE(has_closed());
    EXPECT_EQ(over, 1);
}

TEST_F(console_connection_test, who_does_not_read_is_not_read) {
    log_in();
    console.soon_on = &loop;
    console.more = std::string(100'000, 'x');
    const std::string one = query(std::string(1000, 'q'));
    // More than all buffers on the way take.
    std::size_t sent = 0;
    std::string pile;
    while (pile.size() < 1'000'000) pile += one;
    while (sent < pile.size()) {
        const ssize_t count = ::send(client.get(), pile.data() + sent, pile.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count <= 0) break;
        sent += static_cast<std::size_t>(count);
        settle();
    }
    settle();
    EXPECT_LT(sent, pile.size()) << "the rest waits in the client";
    EXPECT_LT(console.asked.size(), 10U) << "and no answer is made for a socket that is full";
    // Once it reads, all that was sent is answered.
    ASSERT_TRUE(run_until([&] {
        while (!net::receive_text(client.get(), 1U << 20U).empty()) settle();
        return console.asked.size() == sent / one.size();
    }));
}

TEST_F(console_connection_test, the_end_of_the_process_is_told) {
    log_in();
    connection->shut_down();
    const auto lines = heard();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].substr(0, 13), "E FATAL 57P01");
    EXPECT_TRUE(has_closed());
    connection->shut_down();
    EXPECT_THAT(heard(), IsEmpty()) << "once";
}

}  // namespace
}  // namespace pgweir::admin

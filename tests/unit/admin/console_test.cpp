#include "admin/console.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "session/messages.hpp"

namespace pgweir::admin {
namespace {

using pgweir::test::said;
using relay::console_access;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;

/// Answers when it is told to, as the workers do.
struct slow_source final : state_source {
    void collect(std::function<void(proxy_state)> done) override { asked = std::move(done); }
    void run_on(std::uint32_t worker, std::function<void()> work) override {
        workers.push_back(worker);
        work();
    }

    std::function<void(proxy_state)> asked;
    std::vector<std::uint32_t> workers;
};

struct console_test : testing::Test {
    std::vector<std::string> run(const std::string& text, console_access access = console_access::look) {
        answer.clear();
        commands.run(2, {"eve", access}, text, [this](std::string reply) { answer = std::move(reply); });
        return said(answer);
    }

    slow_source source;
    console commands{source};
    std::string answer;
};

TEST_F(console_test, answers_to_both_names) {
    EXPECT_TRUE(commands.serves("pgweir"));
    EXPECT_TRUE(commands.serves("pgbouncer"));
    EXPECT_FALSE(commands.serves("app"));
    EXPECT_FALSE(commands.serves(""));
}

TEST_F(console_test, a_subject_is_shown_on_the_workers_thread_when_it_has_been_collected) {
    for (const char* text :
         {"SHOW POOLS", "SHOW CLIENTS", "SHOW SERVERS", "SHOW STATS", "SHOW STATE", "SHOW CACHE", "SHOW VERSION"}) {
        source.workers.clear();
        EXPECT_THAT(run(text), IsEmpty()) << text;
        ASSERT_TRUE(source.asked) << text;
        std::exchange(source.asked, {})({});
        EXPECT_THAT(source.workers, ElementsAre(2U)) << text;
        const auto lines = said(answer);
        ASSERT_GE(lines.size(), 2U) << text;
        EXPECT_EQ(lines.front().front(), 'T') << text;
        EXPECT_EQ(lines.back(), "C SHOW") << text;
    }
}

TEST_F(console_test, help_lists_what_can_be_said) {
    EXPECT_THAT(run("show help"),
                ElementsAre(testing::StartsWith("T command"), "D SHOW POOLS clients and servers of each pool",
                            testing::StartsWith("D SHOW CLIENTS "), testing::StartsWith("D SHOW SERVERS "),
                            testing::StartsWith("D SHOW STATS "), testing::StartsWith("D SHOW STATE "),
                            testing::StartsWith("D SHOW CACHE "), "D SHOW VERSION the version of pgweir",
                            "D SHOW HELP this list", "C SHOW"));
}

TEST_F(console_test, a_command_that_is_added_is_listed_and_guarded) {
    commands.add(
        {.words = "cache clear",
         .meaning = "forget all",
         .run = [](const command_request&, const command_reply& reply) { reply(pgweir::test::complete("X")); }});
    EXPECT_THAT(run("SHOW HELP"), IsSupersetOf({"D CACHE CLEAR forget all"}));
    EXPECT_THAT(run("CACHE CLEAR"), ElementsAre("E ERROR 42501 permission denied for CACHE CLEAR"));
    EXPECT_THAT(run("CACHE CLEAR", console_access::change), ElementsAre("C X"));
}

TEST_F(console_test, what_drivers_send_of_their_own_accord_is_accepted) {
    EXPECT_THAT(run("SET application_name = 'x'"), ElementsAre("C SET"));
    EXPECT_THAT(run("begin;"), ElementsAre("C BEGIN"));
    EXPECT_THAT(run("COMMIT"), ElementsAre("C COMMIT"));
    EXPECT_THAT(run("rollback"), ElementsAre("C ROLLBACK"));
}

}  // namespace
}  // namespace pgweir::admin

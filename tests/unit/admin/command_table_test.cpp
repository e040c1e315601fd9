#include "admin/command_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

struct command_table_test : testing::Test {
    command_table_test() {
        add("show pools", console_access::look, false);
        add("cache", console_access::look, true);
        add("cache clear", console_access::change, true);
        add("reload", console_access::change, false);
    }

    void add(const std::string& words, console_access needs, bool takes_arguments) {
        table.add({.words = words,
                   .needs = needs,
                   .takes_arguments = takes_arguments,
                   .run = [this, words](const command_request& request, const command_reply& reply) {
                       ran.push_back(std::to_string(request.worker) + ' ' + request.user.name + ": " + words + '(' +
                                     request.arguments + ')');
                       reply("done");
                   }});
    }

    /// What was answered.
    std::string run(const std::string& text, console_access access = console_access::change) {
        std::string answer = "no answer";
        table.run(3, {"eve", access}, text, [&answer](std::string reply) { answer = std::move(reply); });
        return answer;
    }

    std::vector<std::string> ran;
    command_table table;
};

TEST_F(command_table_test, a_command_is_known_by_its_first_words) {
    EXPECT_EQ(run("SHOW POOLS"), "done");
    EXPECT_EQ(run(" \t show\n\n Pools ; ; "), "done");
    EXPECT_EQ(run("CACHE CLEAR"), "done");
    EXPECT_EQ(run("cache"), "done");
    EXPECT_THAT(ran,
                ElementsAre("3 eve: show pools()", "3 eve: show pools()", "3 eve: cache clear()", "3 eve: cache()"));
}

TEST_F(command_table_test, the_longest_words_count_whatever_the_order) {
    add("reload now", console_access::look, false);
    run("RELOAD NOW");
    run("CACHE CLEARLY");
    EXPECT_THAT(ran, ElementsAre("3 eve: reload now()", "3 eve: cache(CLEARLY)"));
}

TEST_F(command_table_test, arguments_stay_as_they_were_written) {
    run("cache  CLEAR  table \"My  Table\" ;\n");
    EXPECT_THAT(ran, ElementsAre("3 eve: cache clear(table \"My  Table\")"));
}

TEST_F(command_table_test, arguments_are_refused_where_there_are_none) {
    EXPECT_THAT(said(run("show pools now")), ElementsAre("E ERROR 42601 SHOW POOLS takes no arguments"));
    EXPECT_THAT(ran, IsEmpty());
}

TEST_F(command_table_test, who_may_only_look_changes_nothing) {
    EXPECT_EQ(run("SHOW POOLS", console_access::look), "done");
    EXPECT_THAT(said(run("cache clear everything", console_access::look)),
                ElementsAre("E ERROR 42501 permission denied for CACHE CLEAR"));
    EXPECT_THAT(said(run("RELOAD", console_access::look)), ElementsAre("E ERROR 42501 permission denied for RELOAD"));
    EXPECT_THAT(ran, ElementsAre("3 eve: show pools()"));
}

TEST_F(command_table_test, who_may_nothing_sees_nothing) {
    EXPECT_THAT(said(run("SHOW POOLS", console_access::none)),
                ElementsAre("E ERROR 42501 permission denied for SHOW POOLS"));
    EXPECT_THAT(ran, IsEmpty());
}

TEST_F(command_table_test, a_command_is_for_those_who_may_change_unless_it_says_otherwise) {
    EXPECT_EQ(console_command().needs, console_access::change);
}

TEST_F(command_table_test, what_is_not_known_is_an_error) {
    EXPECT_THAT(said(run("SHOW")), ElementsAre("E ERROR 42601 unknown command: SHOW"));
    EXPECT_THAT(said(run("SHOW Nothing;")), ElementsAre("E ERROR 42704 unknown name: Nothing"));
    EXPECT_THAT(said(run("SHOW no thing")), ElementsAre("E ERROR 42601 unknown command: SHOW no thing"));
    EXPECT_THAT(said(run("showpools")), ElementsAre("E ERROR 42601 unknown command: showpools"));
    EXPECT_THAT(said(run("SELECT 1")), ElementsAre("E ERROR 42601 unknown command: SELECT 1"));
    EXPECT_THAT(ran, IsEmpty());
}

TEST_F(command_table_test, nothing_is_an_empty_query) {
    for (const char* text : {"", "  ", ";", " ;; \n"}) EXPECT_THAT(said(run(text)), ElementsAre("I")) << text;
}

}  // namespace
}  // namespace pgweir::admin

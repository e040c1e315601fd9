#include "session/setting_flow.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "session/lab.hpp"

namespace pgweir::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

using lines = std::vector<std::string>;

class setting_answers : public testing::Test {
protected:
    setting_answers() {
        for (int i = 0; i < 3; ++i) lab_.add_client();
    }
    ~setting_answers() override { EXPECT_EQ(lab_.broken, lines{}); }

    lines hears(std::size_t client, const std::string& bytes) {
        lab_.database.executed.clear();
        const std::size_t before = lab_.at(client).received.size();
        lab_.client_says(client, bytes);
        lab_.run();
        return said(lab_.at(client).received.substr(before));
    }
    /// What a server is asked for what the client says, but for what brings it to the client's settings.
    lines asked(std::size_t client, const std::string& bytes) {
        hears(client, bytes);
        lines all = lab_.database.executed;
        std::erase_if(all, [](const std::string& text) {
            return text.starts_with("RESET \"") || text.starts_with("SELECT pg_catalog.set_config(");
        });
        return all;
    }
    static std::string extended(std::string_view text) {
        return parse("", text) + bind_to("") + describe('P', "") + execute(1) + sync();
    }

    lab lab_;
};

TEST_F(setting_answers, what_was_answered_once_takes_no_server) {
    const auto first = hears(0, query("SET TimeZone TO 'x'"));
    EXPECT_THAT(lab_.database.executed, ElementsAre("SET TimeZone TO 'x'"));
    EXPECT_EQ(hears(1, query("SET TimeZone TO 'x'")), first);
    EXPECT_THAT(lab_.database.executed, IsEmpty());
    EXPECT_EQ(lab_.counters.settings_answered.get(), 1U);
    EXPECT_THAT(hears(1, query("SELECT 1; SHOW TimeZone")), Contains("D x")) << "and is set on the next server";
    EXPECT_THAT(hears(2, query("SELECT 1; SHOW TimeZone")), Contains("D Etc/UTC"));
}

TEST_F(setting_answers, what_is_set_already_is_not_told_again) {
    hears(0, query("SET TimeZone TO 'x'"));
    const auto again = hears(0, query("SET TimeZone TO 'x'"));
    EXPECT_THAT(lab_.database.executed, Contains("SET TimeZone TO 'x'")) << "another question than before";
    EXPECT_EQ(hears(0, query("SET TimeZone TO 'x'")), again);
    EXPECT_THAT(lab_.database.executed, IsEmpty());
    EXPECT_EQ(again.size(), 2U);
}

TEST_F(setting_answers, other_settings_make_no_difference) {
    hears(0, query("SET TimeZone TO 'x'"));
    hears(1, query("SET application_name TO 'mine'"));
    EXPECT_THAT(asked(1, query("SET TimeZone TO 'x'")), IsEmpty());
    EXPECT_THAT(hears(1, query("SELECT 1; SHOW application_name")), Contains("D mine"));
    EXPECT_THAT(hears(1, query("SELECT 1; SHOW TimeZone")), Contains("D x"));
}

TEST_F(setting_answers, the_servers_account_is_waited_for) {
    for (std::size_t client : {0U, 1U}) hears(client, query("SET search_path TO 'own'") + query("RESET search_path"));
    hears(0, query("SET work_mem TO '7MB'"));
    EXPECT_THAT(asked(1, query("SET work_mem TO '7MB'")), IsEmpty());
    EXPECT_THAT(hears(1, query("SELECT 1; SHOW work_mem")), Contains("D 7MB"));
    EXPECT_THAT(hears(2, query("SELECT 1; SHOW work_mem")), Contains("D"));
    EXPECT_THAT(asked(1, query("RESET work_mem")), Contains(testing::StartsWith("SELECT 'setting'")))
        << "it is known that there is something to be reset";
    EXPECT_THAT(hears(1, query("SELECT 1; SHOW work_mem")), Contains("D"));
}

TEST_F(setting_answers, what_else_has_changed_is_not_learned) {
    hears(0, query("SET work_mem TO '7MB'"));
    EXPECT_NE(lab_.at(0).talk.desired().find("search_path"), lab_.at(1).talk.desired().find("search_path"));
    EXPECT_THAT(asked(1, query("SET work_mem TO '7MB'")), Contains("SET work_mem TO '7MB'"));
}

TEST_F(setting_answers, a_lost_server_takes_none_of_it_with_it) {
    hears(0, query("SET TimeZone TO 'x'"));
    EXPECT_THAT(asked(1, query("SET TimeZone TO 'x'")), IsEmpty());
    hears(1, query("BEGIN") + query("SELECT 1"));
    lab_.lose_server(lab_.at(1));
    hears(1, query("ROLLBACK"));
    EXPECT_THAT(hears(1, query("SELECT 1; SHOW TimeZone")), Contains("D x"));
}

TEST_F(setting_answers, the_unnamed_statement_is_gone_as_behind_any_simple_query) {
    hears(0, query("SET TimeZone TO 'x'"));
    hears(1, parse("", "SELECT 1") + sync());
    EXPECT_THAT(asked(1, query("SET TimeZone TO 'x'")), IsEmpty());
    EXPECT_THAT(hears(1, bind_to("") + execute() + sync()), Contains(testing::StartsWith("E ERROR 26000")));
}

TEST_F(setting_answers, errors_are_not_learned) {
    hears(0, query("SET TimeZone TO 'nonsense'"));
    EXPECT_THAT(asked(0, query("SET TimeZone TO 'nonsense'")), testing::SizeIs(1));
}

TEST_F(setting_answers, in_a_transaction_it_is_the_servers_affair) {
    hears(0, query("SET TimeZone TO 'x'"));
    hears(1, query("BEGIN"));
    EXPECT_THAT(asked(1, query("SET TimeZone TO 'x'")), Contains("SET TimeZone TO 'x'"));
    hears(1, query("ROLLBACK"));
    EXPECT_THAT(hears(1, query("SELECT 1; SHOW TimeZone")), Contains("D Etc/UTC"));
    hears(2, query("BEGIN") + query("SET DateStyle TO 'x'") + query("COMMIT"));
    EXPECT_THAT(asked(1, query("SET DateStyle TO 'x'")), Contains("SET DateStyle TO 'x'")) << "nor is it learned there";
}

TEST_F(setting_answers, of_a_pinned_session_they_are_its_servers_affair) {
    hears(0, query("SET TimeZone TO 'x'"));
    hears(1, query("SELECT pg_advisory_lock(1)"));
    EXPECT_THAT(asked(1, query("SET TimeZone TO 'x'")), Contains("SET TimeZone TO 'x'"));
}

TEST_F(setting_answers, who_has_a_server_asks_it) {
    hears(0, query("SET TimeZone TO 'x'"));
    EXPECT_THAT(asked(1, query("SELECT 1") + query("SET TimeZone TO 'x'")), Contains("SET TimeZone TO 'x'"));
}

TEST_F(setting_answers, what_runs_ahead_of_the_answer_is_not_learned_with_it) {
    lab_.client_says(0, query("SET TimeZone TO 'x'") + sync() + query("SET TimeZone TO 'y'"));
    while (lab_.step(lab_.at(0), 1)) {}  // so that the last one is sent between the two answers before it
    EXPECT_THAT(hears(1, query("SET TimeZone TO 'x'")), ElementsAre("C SET", "S TimeZone x", "Z I"));
    EXPECT_THAT(hears(1, query("SELECT 1; SHOW TimeZone")), Contains("D x"));
}

TEST_F(setting_answers, several_in_one_text) {
    const std::string text = "SET TimeZone TO 'x'; SET application_name TO 'y';";
    const auto first = hears(0, query(text));
    EXPECT_EQ(hears(1, query(text)), first);
    EXPECT_THAT(lab_.database.executed, IsEmpty());
    EXPECT_THAT(first, ElementsAre("C SET", "C SET", "S TimeZone x", "S application_name y", "Z I"));
}

TEST_F(setting_answers, the_extended_protocol) {
    const auto first = hears(0, extended("SET TimeZone TO 'x'"));
    EXPECT_EQ(hears(1, extended("SET TimeZone TO 'x'")), first);
    EXPECT_THAT(lab_.database.executed, IsEmpty());
    EXPECT_THAT(hears(1, bind_to("") + execute() + sync()), Contains("C SET")) << "the unnamed statement is there";
    EXPECT_THAT(lab_.database.executed, Contains("SET TimeZone TO 'x'"));
    EXPECT_THAT(hears(1, query("SELECT 1; SHOW TimeZone")), Contains("D x"));
    hears(2, query("SET TimeZone TO 'x'"));
    EXPECT_THAT(lab_.database.executed, IsEmpty()) << "what one protocol has learned the other knows";
}

TEST_F(setting_answers, batches_with_more_in_them_go_to_the_server) {
    hears(0, extended("SET TimeZone TO 'x'"));
    const std::string whole = parse("", "SET TimeZone TO 'x'") + bind_to("") + execute();
    EXPECT_THAT(asked(1, whole + parse("", "SELECT 1") + bind_to("") + execute() + sync()),
                ElementsAre("SET TimeZone TO 'x'", "SELECT 1"));
    std::string typed;
    wire::append_parse(typed, "", "SET TimeZone TO 'x'", std::string("\0\0\0\x17", 4));
    EXPECT_THAT(asked(2, typed + bind_to("") + execute() + sync()), ElementsAre("SET TimeZone TO 'x'"));
    EXPECT_THAT(asked(2, parse("s", "SET TimeZone TO 'x'") + bind_to("s") + execute() + sync()),
                ElementsAre("SET TimeZone TO 'x'"));
    hears(2, query("RESET TimeZone"));
    EXPECT_THAT(hears(2, parse("", "SET TimeZone TO 'x'") + bind_to("", {"7"}) + execute() + sync()),
                Contains(testing::StartsWith("E ")));
}

TEST_F(setting_answers, an_encoding_is_the_servers_affair_unless_nothing_is_converted) {
    for (auto& server : lab_.servers) server->state.reported.emplace_back("server_encoding", "UTF8");
    hears(0, query("SET client_encoding TO 'UTF8'"));
    EXPECT_THAT(asked(1, query("SET client_encoding TO 'UTF8'")), IsEmpty());
    hears(0, query("SET client_encoding TO 'LATIN1'"));
    EXPECT_THAT(asked(1, query("SET client_encoding TO 'LATIN1'")), testing::SizeIs(1));
}

TEST_F(setting_answers, how_texts_are_read_changes_at_once) {
    hears(0, query("SET standard_conforming_strings TO 'off'"));
    hears(1, query("SET standard_conforming_strings TO 'off'") + query("SELECT '\\'; LOAD --'"));
    EXPECT_FALSE(lab_.at(1).talk.pinned()) << "the second one is a string and a comment";
    hears(2, query("SELECT '\\'; LOAD --'"));
    EXPECT_TRUE(lab_.at(2).talk.pinned());
}

TEST_F(setting_answers, of_other_servers_nothing_is_known) {
    hears(0, query("SET TimeZone TO 'x'"));
    lab_.other_servers.add();
    EXPECT_THAT(asked(1, query("SET TimeZone TO 'x'")), testing::SizeIs(1));
    EXPECT_THAT(asked(2, query("SET TimeZone TO 'x'")), IsEmpty());
    lab_.client_says(0, query("SET DateStyle TO 'y'"));
    lab_.other_servers.add();
    lab_.run();
    EXPECT_THAT(asked(1, query("SET DateStyle TO 'y'")), Contains("SET DateStyle TO 'y'"))
        << "nor of what ran meanwhile";
}

TEST_F(setting_answers, texts_that_nobody_says_again_cost_no_memory) {
    hears(0, query("SET TimeZone TO 'x'"));
    for (int i = 0; i < 600; ++i) hears(0, query("SET application_name TO 'n" + std::to_string(i) + "'"));
    EXPECT_THAT(asked(1, query("SET TimeZone TO 'x'")), testing::SizeIs(1)) << "and others a question";
}

}  // namespace
}  // namespace pgweir::test

#include "session/survey.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/lab.hpp"

namespace pgweir::test {
namespace {

using metrics::pin_reason;
using session::pin_set;
using session::survey;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using lines = std::vector<std::string>;

pin_set pinned_for(std::initializer_list<pin_reason> reasons) {
    pin_set all;
    for (const pin_reason each : reasons) all.add(each);
    return all;
}

std::string body_of(std::vector<std::optional<std::string>> values) {
    std::string message;
    wire::append_data_row(message, values);
    return message.substr(wire::header_size);
}

lines hears(lab& l, std::size_t client, std::string_view bytes) {
    const std::size_t before = l.at(client).received.size();
    l.client_says(client, bytes);
    l.run();
    return said(l.at(client).received.substr(before));
}

TEST(Survey, AsksForWhatIsSuspectedOnly) {
    const std::string usual = survey::question({}, {});
    EXPECT_THAT(usual, HasSubstr("'found', 'temp_table'"));
    EXPECT_THAT(usual, Not(HasSubstr("'found', 'advisory_lock'"))) << "those of all sessions are looked through";
    EXPECT_THAT(survey::question(pinned_for({pin_reason::advisory_lock}), {}), HasSubstr("'found', 'advisory_lock'"));
    const std::string all = survey::question(pinned_for({pin_reason::do_block}), {});
    for (const char* kind : {"temp_table", "with_hold_cursor", "advisory_lock", "prepare"})
        EXPECT_THAT(all, HasSubstr("'found', '" + std::string(kind)));
    EXPECT_THAT(all, HasSubstr("'channel'"));
    EXPECT_THAT(usual, Not(HasSubstr("SET TRANSACTION")));
    EXPECT_THAT(survey::question({}, {}, false, 15), HasSubstr("has_parameter_privilege("));
    EXPECT_THAT(survey::question({}, {}, false, 14), Not(HasSubstr("has_parameter_privilege("))) << "not there yet";
    EXPECT_THAT(survey::question({}, {}, true), StartsWith("SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SELECT"));
    EXPECT_THAT(survey::question({}, {"app.it's"}), HasSubstr("current_setting(E'app.it''s', true)"));
}

TEST(Survey, EveryOperatorAndFunctionIsQualified) {
    // The client's search_path decides what an unqualified one means.
    const std::string all = survey::question(pinned_for({pin_reason::do_block}), {"app.tenant"});
    for (const char* bare : {" = ", " <> ", " !~ ", " LIKE ", " IN ", " current_setting(", " pg_settings", "::text"})
        EXPECT_THAT(all, Not(HasSubstr(bare)));
}

TEST(Survey, AnAnswerIsWholeOrNone) {
    survey seen;
    seen.begin(true);
    seen.take_row(body_of({"setting", "work_mem", "7168"}));
    seen.take_row(body_of({"setting", "role", "none"}));
    seen.take_row(body_of({"setting", "app.tenant", std::nullopt}));
    seen.take_row(body_of({"channel", "news", ""}));
    seen.take_row(body_of({"channel", session::turn_channel, ""}));
    EXPECT_FALSE(seen.answered());
    seen.take_row(body_of({"complete", "", ""}));
    EXPECT_TRUE(seen.answered());
    EXPECT_EQ(seen.settings(), (std::vector<session::parameters::entry>{{"work_mem", "7168"}}));
    EXPECT_EQ(seen.found().names(), "listen");
    EXPECT_THAT(seen.channels(), testing::ElementsAre("news")) << "our own does not count";
    seen.take_row(body_of({"setting", "more", "behind the end"}));
    EXPECT_FALSE(seen.answered());
    for (const auto& row : {body_of({"setting", "work_mem"}), body_of({"what", "is", "this"}), std::string("x")}) {
        seen.begin();
        seen.take_row(row);
        seen.take_row(body_of({"complete", "", ""}));
        EXPECT_FALSE(seen.answered());
    }
    seen.begin();
    seen.take_row(body_of({"channel", session::turn_channel, ""}));
    EXPECT_THAT(seen.channels(), testing::ElementsAre(session::turn_channel)) << "it is the client's";
    EXPECT_EQ(seen.found().names(), "listen");
}

TEST(Survey, ASettingGoesToTheNextServer) {
    lab l;
    l.add_client();
    l.add_client();
    hears(l, 0, query("SET search_path TO 'mine'"));
    EXPECT_EQ(l.at(0).server, nullptr) << "nothing keeps it";
    EXPECT_EQ(hears(l, 1, query("SHOW search_path")).at(1), "D public");
    EXPECT_EQ(hears(l, 0, query("SHOW search_path")).at(1), "D mine");
    EXPECT_EQ(l.broken, lines{});
}

TEST(Survey, IsAskedOnceAndOnlyWhenSomethingMayHaveChanged) {
    lab l;
    l.add_client();
    const auto surveys = [&] {
        std::size_t count = 0;
        for (std::size_t at = 0; (at = l.servers[0]->seen.find("'complete'", at)) != std::string::npos; ++at) ++count;
        return count;
    };
    hears(l, 0, query("SELECT 1") + query("SET TimeZone TO 'x'") + query("INSERT") + query("RESET TimeZone"));
    EXPECT_EQ(surveys(), 0U);
    hears(l, 0, query("BEGIN") + query("SET search_path TO 'a'") + query("SET search_path TO 'b'"));
    EXPECT_EQ(surveys(), 0U) << "not in the transaction";
    hears(l, 0, query("COMMIT"));
    EXPECT_EQ(surveys(), 1U);
    hears(l, 0, query("SELECT 1"));
    EXPECT_EQ(surveys(), 1U);
    hears(l, 0, query("RESET ALL"));
    EXPECT_EQ(surveys(), 2U) << "what was carried is gone";
    hears(l, 0, query("RESET ALL"));
    EXPECT_EQ(surveys(), 2U);
}

TEST(Survey, ACauseThatHasEndedEndsThePin) {
    lab l;
    l.add_client();
    hears(l, 0, query("CREATE TEMP TABLE t (a int)"));
    EXPECT_EQ(l.at(0).talk.pins().names(), "temp_table");
    hears(l, 0, query("INSERT") + query("SELECT 1"));
    EXPECT_EQ(l.at(0).talk.pins().names(), "temp_table");
    hears(l, 0, query("DROP TABLE t"));
    EXPECT_FALSE(l.at(0).talk.pinned());
    EXPECT_EQ(l.at(0).server, nullptr);
    EXPECT_EQ(l.counters.pins[pin_reason::temp_table].get(), 1U);
}

TEST(Survey, WhereTheRolesOwnPathFindsTemporaryTablesFirstAnyTableMayBeOne) {
    lab l;
    session::server_state& server = l.servers[0]->state;
    std::vector<session::parameters::entry> told(server.baseline.entries());
    std::erase_if(told, [](const auto& each) { return each.first == "search_path"; });
    server.baseline = session::parameters::make(l.texts, std::move(told));
    server.actual = server.baseline;
    server.parse_context = std::string("pg_temp, public\0none\0", 21);
    l.add_client();
    l.at(0).talk.set_state({}, {}, "app.alice");
    hears(l, 0, query("CREATE TABLE t (a int)"));
    EXPECT_EQ(l.at(0).talk.pins().names(), "temp_table");
    hears(l, 0, query("SET search_path TO 'mine'"));
    EXPECT_FALSE(l.at(0).talk.pinned());
}

TEST(Survey, APreparedStatementCountsWhenItIsExecuted) {
    lab l;
    l.add_client();
    l.add_client();
    hears(l, 0, parse("s", "SET search_path TO 'mine'") + sync());
    EXPECT_EQ(l.at(0).server, nullptr);
    hears(l, 0, bind_to("s") + execute() + sync());
    EXPECT_EQ(hears(l, 1, query("SHOW search_path")).at(1), "D public");
    EXPECT_EQ(hears(l, 0, query("SHOW search_path")).at(1), "D mine");
}

TEST(Survey, OneThatFailsIsAskedAgainBehindTheNextTransaction) {
    lab l;
    l.add_client();
    l.add_client();
    const std::string block = query("BEGIN") + query("SET search_path TO 'a'") + query("SET search_path TO 'mine'");
    l.servers[0]->model.refuse_surveys(true);
    const lines told = hears(l, 0, block + query("COMMIT"));
    EXPECT_THAT(told, Not(testing::Contains(StartsWith("E")))) << "it is no client's affair";
    EXPECT_EQ(l.at(0).talk.pins().names(), "set");
    hears(l, 0, query("SELECT 1"));
    EXPECT_TRUE(l.at(0).talk.pinned()) << "it fails again";
    l.servers[0]->model.refuse_surveys(false);
    hears(l, 0, query("SELECT 1"));
    EXPECT_FALSE(l.at(0).talk.pinned());
    EXPECT_EQ(hears(l, 1, query("SHOW search_path")).at(1), "D public");
    EXPECT_EQ(hears(l, 0, query("SHOW search_path")).at(1), "D mine");
    EXPECT_EQ(l.broken, lines{});
}

TEST(Survey, AServerLostWhileItIsAskedEndsTheSession) {
    lab l(2);
    l.add_client();
    l.client_says(0, query("SET search_path TO 'mine'"));
    while (l.at(0).received.find('Z') == std::string::npos) l.step(l.at(0));
    ASSERT_NE(l.at(0).server, nullptr);
    l.lose_server(l.at(0));
    EXPECT_TRUE(l.at(0).talk.fatal()) << "what the session had come to is known to nobody";
}

TEST(Survey, AClientThatLeavesMeanwhileLeavesAKnownServer) {
    lab l;
    l.add_client();
    l.add_client();
    l.client_says(0, query("SET search_path TO 'mine'"));
    while (l.at(0).received.find('Z') == std::string::npos) l.step(l.at(0));
    l.leave(l.at(0), false);
    l.run();
    EXPECT_EQ(l.at(0).server, nullptr);
    EXPECT_EQ(hears(l, 1, query("SHOW search_path")).at(1), "D public");
    EXPECT_EQ(l.broken, lines{});
}

}  // namespace
}  // namespace pgweir::test

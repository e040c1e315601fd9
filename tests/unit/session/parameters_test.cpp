#include "session/parameters.hpp"

#include <gmock/gmock.h>

#include "session/lab.hpp"

namespace pgweir::test {
namespace {

using lines = std::vector<std::string>;
using session::parameters;
using testing::Contains;

TEST(Parameters, EqualStatesAreOneObject) {
    base::interner texts;
    const auto one = parameters::make(texts, {{"TimeZone", "UTC"}, {"a", "1"}});
    const auto other = parameters::make(texts, {{"A", "0"}, {"a", "1"}, {"timezone", "UTC"}});
    EXPECT_EQ(one.key(), other.key());
    EXPECT_NE(one.key(), one.with(texts, "a", "2").key());
    EXPECT_EQ(one.with(texts, "b", "2").find("b"), "2");
}

TEST(Parameters, TransitionSaysOnlyWhatDiffers) {
    base::interner texts;
    const auto from = parameters::make(texts, {{"a", "1"}, {"b", "2"}, {"gone", "x"}});
    const auto to = parameters::make(texts, {{"a", "1"}, {"b", "it's \\ "}});
    EXPECT_EQ(session::plan_transition(to, from, to).sql, "");
    EXPECT_EQ(session::plan_transition(from, from, to).sql,
              "RESET \"gone\";SELECT pg_catalog.set_config(E'b',E'it''s \\\\ ',false)");
    EXPECT_EQ(session::plan_transition(std::nullopt, to, to).sql, "RESET SESSION AUTHORIZATION;RESET ROLE;RESET ALL;");
    const auto custom = parameters::make(texts, {{"my.own", "1"}});
    EXPECT_TRUE(session::plan_transition(custom, from, from).needs_other_server);
}

lines hears(lab& l, std::size_t who, const std::string& bytes) {
    l.at(who).received.clear();
    l.client_says(who, bytes);
    l.run();
    return said(l.at(who).received);
}

std::string shown(lab& l, std::size_t who, const std::string& name) {
    const auto all = hears(l, who, query("SHOW " + name));
    return all.size() > 1 ? all[1] : "nothing";
}

TEST(Parameters, FollowTheClientToTheNextServer) {
    lab l(2);
    l.add_client();
    hears(l, 0, query("SET TimeZone TO 'mine'"));
    for (int i = 0; i < 4; ++i) EXPECT_EQ(shown(l, 0, "TimeZone"), "D mine");
    EXPECT_NE(l.servers[1]->seen.find("set_config(E'timezone',E'mine',false)"), std::string::npos);
    EXPECT_EQ(l.broken, lines{});
}

TEST(Parameters, EqualStateCostsNothing) {
    lab l;
    l.add_client();
    for (int i = 0; i < 50; ++i) hears(l, 0, query("SELECT 1"));
    EXPECT_EQ(l.servers[0]->seen.find("set_config"), std::string::npos);
}

TEST(Parameters, RolledBackSetNeverHappened) {
    lab l(2);
    l.add_client();
    hears(l, 0, query("BEGIN"));
    hears(l, 0, query("SET TimeZone TO 'mine'"));
    hears(l, 0, query("ROLLBACK"));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(shown(l, 0, "TimeZone"), "D Etc/UTC");
}

TEST(Parameters, DoNotLeakToOthers) {
    lab l;
    l.add_client();
    l.add_client({{"application_name", "second"}});
    hears(l, 0, query("SET application_name TO 'first'"));
    EXPECT_EQ(shown(l, 1, "application_name"), "D second");
    EXPECT_EQ(shown(l, 0, "application_name"), "D first");
    EXPECT_EQ(shown(l, 1, "TimeZone"), "D Etc/UTC");
}

TEST(Parameters, RefusedSettingStopsTheClientsMessage) {
    lab l;
    l.add_client({{"TimeZone", "nonsense"}});
    const auto heard = hears(l, 0, query("INSERT"));
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_EQ(heard[0].substr(0, 13), "E ERROR 22023");
    EXPECT_EQ(heard[1], "Z I");
    EXPECT_THAT(l.database.executed, testing::Not(Contains("INSERT")));
    EXPECT_EQ(l.retired.size(), 1U) << "nobody knows what the server has now";
}

TEST(Parameters, ResetReturnsToWhatTheClientAskedForAtStartup) {
    for (const bool shares : {true, false}) {
        lab l(1, shares);
        l.add_client({{"application_name", "startup"}});
        hears(l, 0, query("SET application_name TO 'changed'"));
        hears(l, 0, query("SET TimeZone TO 'mine'"));
        const auto heard = hears(l, 0, query("RESET application_name"));
        EXPECT_THAT(heard, Contains("S application_name startup"));
        EXPECT_EQ(shown(l, 0, "application_name"), "D startup");
        EXPECT_EQ(shown(l, 0, "TimeZone"), "D mine") << "was not reset";
        hears(l, 0, query("RESET ALL"));
        EXPECT_EQ(shown(l, 0, "application_name"), "D startup");
        EXPECT_EQ(shown(l, 0, "TimeZone"), "D Etc/UTC");
        EXPECT_EQ(l.broken, lines{});
    }
}

TEST(Parameters, DiscardAllIsTheClientsOwnSession) {
    lab l;
    l.add_client({{"application_name", "startup"}});
    hears(l, 0, parse("s", "SELECT 1") + sync() + query("LISTEN news"));
    EXPECT_TRUE(l.at(0).talk.pinned());
    hears(l, 0, query("DISCARD ALL"));
    EXPECT_FALSE(l.at(0).talk.pinned());
    EXPECT_EQ(l.at(0).server, nullptr);
    EXPECT_EQ(shown(l, 0, "application_name"), "D startup");
    EXPECT_EQ(hears(l, 0, bind_to("s") + sync()).front().substr(0, 13), "E ERROR 26000");
    EXPECT_EQ(l.broken, lines{});
}

using session::plan_transition;

TEST(Parameters, ARoleIsPutOffFirstAndTakenOnLast) {
    base::interner texts;
    const auto state = [&](std::vector<session::parameters::entry> entries) {
        return session::parameters::make(texts, std::move(entries));
    };
    const auto plain = state({{"work_mem", "1"}});
    const auto role = state({{"role", "bob"}, {"session_authorization", "eve"}, {"work_mem", "2"}, {"zero", "3"}});
    EXPECT_EQ(plan_transition(plain, {}, role).sql,
              "SELECT pg_catalog.set_config(E'work_mem',E'2',false),pg_catalog.set_config(E'zero',E'3',false),"
              "pg_catalog.set_config(E'session_authorization',E'eve',false),"
              "pg_catalog.set_config(E'role',E'bob',false)");
    EXPECT_EQ(plan_transition(role, {}, plain).sql,
              "RESET SESSION AUTHORIZATION;RESET ROLE;RESET \"zero\";"
              "SELECT pg_catalog.set_config(E'work_mem',E'1',false)");
    const auto same_role = state({{"role", "bob"}, {"session_authorization", "eve"}, {"work_mem", "5"}, {"zero", "3"}});
    EXPECT_EQ(plan_transition(role, {}, same_role).sql,
              "RESET SESSION AUTHORIZATION;RESET ROLE;SELECT pg_catalog.set_config(E'work_mem',E'5',false),"
              "pg_catalog.set_config(E'session_authorization',E'eve',false),"
              "pg_catalog.set_config(E'role',E'bob',false)")
        << "it need not have the right to set work_mem";
    EXPECT_EQ(plan_transition(role, {}, role).sql, "");
}

}  // namespace
}  // namespace pgweir::test

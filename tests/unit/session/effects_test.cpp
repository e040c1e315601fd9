#include "session/effects.hpp"

#include <gtest/gtest.h>

#include <set>

#include "session/lab.hpp"

namespace pgweir::test {
namespace {

struct leaving {
    const char* text;
    const char* reasons;  ///< empty: the server goes back
};

class Pins : public testing::TestWithParam<leaving> {};

void expect_pins(const std::string& asked, const std::string& reasons) {
    lab l;
    l.add_client();
    l.client_says(0, asked);
    l.run();
    EXPECT_EQ(l.at(0).talk.pins().names(), reasons);
    EXPECT_EQ(l.at(0).server == nullptr, reasons.empty());
    // The pin ends with the client, and what it left goes with it.
    l.leave(l.at(0), true);
    l.run();
    EXPECT_EQ(l.at(0).server, nullptr);
    // What DISCARD ALL does not end, only the end of the server does.
    const std::set<std::string> for_good{"setseed", "load", "other", "do_block", "set_config", "call"};
    const bool closed = for_good.contains(reasons);
    EXPECT_EQ(l.retired.size(), closed ? 1U : 0U);
    EXPECT_EQ(l.database.executed.back() == "DISCARD ALL", !reasons.empty() && !closed);
    EXPECT_EQ(l.broken, std::vector<std::string>{});
}

TEST_P(Pins, InASimpleQuery) {
    expect_pins(query(GetParam().text), GetParam().reasons);
}

TEST_P(Pins, InAParse) {
    if (std::string_view(GetParam().text).find(';') != std::string_view::npos) return;
    expect_pins(parse("", GetParam().text) + bind_to("") + execute() + sync(), GetParam().reasons);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, Pins,
    testing::Values(
        leaving{"SELECT 1", ""}, leaving{"SET TimeZone TO 'x'", ""}, leaving{"SET LOCAL work_mem TO '1MB'", ""},
        leaving{"SET statement_timeout TO '1'", ""}, leaving{"SET search_path TO 'x'", ""},
        leaving{"SET search_path TO 'pg_temp'", "temp_table"}, leaving{"SET ROLE other", ""},
        leaving{"SET SESSION AUTHORIZATION other", ""}, leaving{"CREATE TEMP TABLE t (a int)", "temp_table"},
        leaving{"DECLARE c CURSOR WITH HOLD FOR SELECT 1", "with_hold_cursor"},
        leaving{"SELECT pg_advisory_lock(1)", "advisory_lock"}, leaving{"LISTEN news", "listen"},
        leaving{"PREPARE p AS SELECT 1", "prepare"}, leaving{"SELECT setseed(0.5)", "setseed"},
        leaving{"LOAD 'auto_explain'", "load"}, leaving{"DO $$ BEGIN END $$", ""},
        leaving{"DO $$ PERFORM f() $$", "do_block"}, leaving{"CALL p()", "call"},
        leaving{"SELECT lastval()", "sequence"}, leaving{"SELECT dblink_connect('c', 'host=other')", "other"},
        leaving{"SELECT set_config('a.b', 'c', false)", ""},
        leaving{"SELECT set_config(name, 'c', false)", "set_config"},
        leaving{"CREATE TEMP TABLE t (a int); DROP TABLE t", ""},
        leaving{"SELECT pg_advisory_lock(1), pg_advisory_unlock(1)", ""}, leaving{"SELECT 1; LISTEN news", "listen"}));

TEST(Effects, ASettingThatFewRolesAreShownKeepsItsServer) {
    for (const char* text :
         {"SET dynamic_library_path TO 'x'", "SELECT set_config('Dynamic_Library_Path', 'x', false)"}) {
        lab l;
        l.add_client();
        l.client_says(0, query(text));
        l.run();
        EXPECT_TRUE(l.at(0).talk.pins().has(metrics::pin_reason::other)) << text;
        l.leave(l.at(0), true);
        l.run();
        EXPECT_EQ(l.retired.size(), 1U) << text;
    }
}

TEST(Effects, WhatFollowsUp) {
    using sql::effect;
    EXPECT_TRUE(session::needs_follow_up(effect::deallocate));
    EXPECT_TRUE(session::needs_follow_up(effect::reset_all));
    EXPECT_FALSE(session::needs_follow_up(effect::plain_read | effect::listen));
    base::interner texts;
    base::shared_counter schema;
    metrics::pool_counters counters;
    const session::settings limits;
    session::exchange x(limits, counters, texts, schema, true, 1);
    EXPECT_TRUE(session::holds_back(x, effect::discard_all));
    EXPECT_TRUE(session::holds_back(x, effect::set_named)) << "texts behind it may mean something else";
    EXPECT_FALSE(session::holds_back(x, effect::plain_read | effect::begins_transaction));
    x.rewrites = false;
    EXPECT_FALSE(session::holds_back(x, effect::reset));
    x.startup = session::parameters::make(texts, {{"timezone", "UTC"}});
    EXPECT_TRUE(session::holds_back(x, effect::reset)) << "what follows must see the startup value";
}

}  // namespace
}  // namespace pgweir::test

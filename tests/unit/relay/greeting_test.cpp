#include "relay/greeting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "session/messages.hpp"

namespace pgweir::relay {
namespace {

using session::parameters;
using testing::ElementsAre;

struct greeting_test : testing::Test {
    named_greeting made_for(std::string_view name) { return named_greeting::make(texts, told, startup, name); }

    base::interner texts;
    parameters startup = parameters::make(texts, {{"timezone", "UTC"}});
    greeting told{{{"server_version", "17.2"}, {"application_name", "of_the_server"}, {"TimeZone", "UTC"}},
                  parameters::make(texts, {{"application_name", "of_the_server"}, {"timezone", "UTC"}})};
};

TEST_F(greeting_test, a_client_is_told_its_own_name_in_the_servers_order) {
    EXPECT_THAT(pgweir::test::said(made_for("shop").statuses),
                ElementsAre("S server_version 17.2", "S application_name shop", "S TimeZone UTC"));
}

TEST_F(greeting_test, its_name_is_part_of_what_it_asked_for_and_wants) {
    const named_greeting made = made_for("shop");
    EXPECT_EQ(made.startup, parameters::make(texts, {{"timezone", "UTC"}, {"application_name", "shop"}}));
    EXPECT_EQ(made.desired, parameters::make(texts, {{"application_name", "shop"}, {"timezone", "UTC"}}));
}

TEST_F(greeting_test, without_a_name_everything_is_as_the_server_told) {
    const named_greeting made = made_for("");
    EXPECT_EQ(made.startup, startup);
    EXPECT_EQ(made.desired, told.desired);
    EXPECT_THAT(pgweir::test::said(made.statuses),
                ElementsAre("S server_version 17.2", "S application_name of_the_server", "S TimeZone UTC"));
}

TEST_F(greeting_test, what_the_server_does_not_report_is_not_made_up) {
    told.reported = {{"server_version", "17.2"}};
    const named_greeting made = made_for("shop");
    EXPECT_THAT(pgweir::test::said(made.statuses), ElementsAre("S server_version 17.2"));
    EXPECT_EQ(made.desired.find("application_name"), "shop");
}

TEST_F(greeting_test, of_a_client_that_asked_for_nothing) {
    const named_greeting made = named_greeting::make(texts, told, {}, "");
    EXPECT_EQ(made.startup, parameters());
    EXPECT_EQ(made.startup.key(), nullptr);
}

}  // namespace
}  // namespace pgweir::relay

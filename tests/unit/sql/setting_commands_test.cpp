#include "sql/setting_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace pgweir::sql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> found(std::string_view text) {
    const setting_commands in = setting_commands::find(text);
    return {in.targets().begin(), in.targets().end()};
}

TEST(setting_commands, what_drivers_say) {
    EXPECT_THAT(found("SET client_min_messages TO 'warning'"), ElementsAre("client_min_messages"));
    EXPECT_THAT(found("SET standard_conforming_strings = on"), ElementsAre("standard_conforming_strings"));
    EXPECT_THAT(found("SET SESSION timezone TO 'UTC'"), ElementsAre("timezone"));
    EXPECT_THAT(found("set time zone 'UTC';"), ElementsAre("timezone"));
    EXPECT_THAT(found("SET client_min_messages TO warning;SET TIME ZONE INTERVAL '+00:00' HOUR TO MINUTE;"),
                ElementsAre("client_min_messages", "timezone"));
    EXPECT_THAT(found("SET extra_float_digits = 3"), ElementsAre("extra_float_digits"));
    EXPECT_THAT(found("SET application_name = 'PostgreSQL JDBC Driver'"), ElementsAre("application_name"));
    EXPECT_THAT(found("SET DateStyle=ISO, MDY; set names 'utf8'"), ElementsAre("datestyle", "client_encoding"));
    EXPECT_THAT(found("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY, ISOLATION LEVEL SERIALIZABLE"),
                ElementsAre("default_transaction_isolation", "default_transaction_read_only",
                            "default_transaction_deferrable"));
    EXPECT_THAT(found("/* app */ set jit to off -- so"), ElementsAre("jit"));
    EXPECT_FALSE(setting_commands::find("SET jit = off;").several());
    EXPECT_TRUE(setting_commands::find("SET jit = off; SET jit = on").several());
}

TEST(setting_commands, what_more_than_a_value_decides_is_none) {
    for (const char* text :
         {"SET search_path TO x", "SET ROLE x", "SET role = x", "SET SESSION AUTHORIZATION x", "SET app.tenant = 'x'",
          "SET default_tablespace = x", "SET lc_monetary = 'C'", "SET session_replication_role = replica"})
        EXPECT_THAT(found(text), IsEmpty()) << text;
}

TEST(setting_commands, what_the_configuration_decides_is_none) {
    for (const char* text : {"SET jit TO DEFAULT", "SET TIME ZONE LOCAL", "SET TIME ZONE default", "SET NAMES",
                             "SET NAMES DEFAULT", "RESET jit", "SET jit FROM CURRENT", "SET datestyle = ISO, default"})
        EXPECT_THAT(found(text), IsEmpty()) << text;
}

TEST(setting_commands, values_that_are_not_plain_are_none) {
    for (const char* text :
         {"SET application_name = E'a'", "SET application_name = 'it''s'", "SET application_name = $$a$$",
          "SET application_name = 'a\\'", "SET application_name = 'a' 'b'", "SET application_name = 'a'\n'b'",
          "SET application_name = 'gr\xc3\xbc\xc3\x9f'", "SET application_name = U&'a'", "SET application_name = $1",
          "SET application_name = \"a\"", "SET work_mem = - 'a'", "SET TIME ZONE INTERVAL '1 2:03' HOUR TO MINUTE",
          "SET TIME ZONE INTERVAL '+01:00'"})
        EXPECT_THAT(found(text), IsEmpty()) << text;
}

TEST(setting_commands, anything_else_is_none) {
    for (const char* text :
         {"", ";", "SET", "SHOW jit", "SET jit = off; SHOW jit", "SET \"jit\" = off", "SET LOCAL jit = off",
          "SET TRANSACTION READ ONLY", "SET CONSTRAINTS ALL DEFERRED", "SET jit off", "SET jit = off, ",
          "SET jit = off x", "SET jit = off; SELECT 1", "SELECT 1; SET jit = off", "SET jit = off /* open",
          "SET SESSION CHARACTERISTICS AS TRANSACTION", "SET SESSION CHARACTERISTICS jit = off",
          "SET SESSION CHARACTERISTICS AS TRANSACTION SNAPSHOT 'x'", "BEGIN"})
        EXPECT_THAT(found(text), IsEmpty()) << text;
    EXPECT_THAT(found("SET application_name = '" + std::string(300, 'a') + "'"), IsEmpty());
    std::string many;
    for (int i = 0; i < 8; ++i) many += "SET jit = off;";
    EXPECT_EQ(found(many).size(), 8U);
    EXPECT_THAT(found(many + "SET jit = off"), IsEmpty());
}

}  // namespace
}  // namespace pgweir::sql

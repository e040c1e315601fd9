#include "catalog/routine_reading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "catalog/routine_queries.hpp"

namespace pgweir::catalog {
namespace {

using sql::effect;
using testing::HasSubstr;
using rows = std::vector<routine_reading::row>;

constexpr const char* setting = "BEGIN SET work_mem = '7MB'; END";

TEST(routine_reading, before_PostgreSQL_14_all_bodies_are_texts) {
    EXPECT_THAT(routine_reading(14).question(), HasSubstr("pg_get_function_sqlbody"));
    EXPECT_THAT(routine_reading(13).question(), testing::Not(HasSubstr("pg_get_function_sqlbody")));
}

TEST(routine_reading, a_later_one_compares_before_it_reads) {
    routine_reading reading(15, "p:1:700");
    ASSERT_TRUE(reading.take({{"p:1:701"}}));
    EXPECT_EQ(reading.fingerprint(), "p:1:701");
    EXPECT_EQ(reading.question(), bodies_query(15));
    routine_reading empty(15, "p:1:700");
    ASSERT_TRUE(empty.take(rows{{std::nullopt}})) << "the last function is gone";
    EXPECT_NE(empty.fingerprint(), "");
}

TEST(routine_reading, nothing_has_changed) {
    routine_reading reading(15, "p:1:700");
    EXPECT_EQ(reading.question(), fingerprint_query);
    ASSERT_TRUE(reading.take({{"p:1:700"}}));
    EXPECT_EQ(reading.question(), "");
    EXPECT_EQ(reading.result(), nullptr);
}

TEST(routine_reading, the_first_of_a_database_without_functions_is_one_question) {
    routine_reading reading(15);
    EXPECT_EQ(reading.question(), bodies_query(15));
    ASSERT_TRUE(reading.take({}));
    EXPECT_EQ(reading.question(), "");
    const auto found = reading.result();
    ASSERT_NE(found, nullptr);
    EXPECT_TRUE(found->none());
}

class routines : public testing::Test {
protected:
    void read(const rows& bodies) { ASSERT_TRUE(reading_.take(bodies)); }
    routine_reading reading_{15};
};

TEST_F(routines, harmless_ones_lead_nowhere) {
    read({{"16400", "adds", "plpgsql", "BEGIN UPDATE t SET v = 1; END"}});
    EXPECT_EQ(reading_.question(), "");
    EXPECT_TRUE(reading_.result()->none());
}

TEST_F(routines, what_leads_to_one_is_asked_for) {
    read({{"16400", "sets", "plpgsql", setting}, {"16401", "adds", "sql", "SELECT 1"}});
    EXPECT_THAT(reading_.question(), HasSubstr("'{16400}'"));
    const std::string flags = std::to_string(static_cast<std::uint64_t>(effect::own_routine));
    ASSERT_TRUE(reading_.take({{"name", "sets", flags}, {"name", "a table", flags}, {"name", std::nullopt, flags}}));
    EXPECT_EQ(reading_.question(), "");
    const auto found = reading_.result();
    EXPECT_EQ(found->look("SELECT sets()"), effect::own_routine);
    EXPECT_EQ(found->look("DELETE FROM \"a table\""), effect::own_routine);
    EXPECT_EQ(found->look("SELECT adds()"), effect::none);
}

TEST_F(routines, a_body_that_names_one_leads_there_and_so_on) {
    read({{"1", "sets", "plpgsql", setting},
          {"2", "calls", "sql", "SELECT sets()"},
          {"3", "more", "sql", "SELECT calls()"}});
    const std::string flags = std::to_string(static_cast<std::uint64_t>(effect::own_routine));
    ASSERT_TRUE(reading_.take({{"name", "sets", flags}}));
    EXPECT_THAT(reading_.question(), HasSubstr("'{1,2}'"));
    ASSERT_TRUE(reading_.take({{"name", "sets", flags}, {"name", "calls", flags}}));
    EXPECT_THAT(reading_.question(), HasSubstr("'{1,2,3}'"));
    ASSERT_TRUE(reading_.take({{"name", "sets", flags}, {"name", "calls", flags}, {"name", "more", flags}}));
    EXPECT_EQ(reading_.question(), "");
    EXPECT_EQ(reading_.result()->look("SELECT more()"), effect::own_routine);
}

TEST_F(routines, an_operator_may_hide_in_any_text) {
    read({{"1", "sets", "plpgsql", setting}});
    ASSERT_TRUE(reading_.take({{"everything", std::nullopt, "1"}}));
    EXPECT_EQ(reading_.result()->look("SELECT 1 ### 2"), effect::set_named);
}

TEST_F(routines, an_event_trigger_makes_changes_of_the_schema_suspicious) {
    read({{"1", "sets", "plpgsql", setting}});
    ASSERT_TRUE(reading_.take({{"schema", std::nullopt, "1"}}));
    const auto found = reading_.result();
    EXPECT_EQ(found->look("CREATE TABLE t ()"), effect::set_named);
    EXPECT_EQ(found->look("SELECT 1"), effect::none);
}

TEST_F(routines, a_body_that_is_too_long_may_do_anything) {
    read({{"1", "long", "sql", std::nullopt}});
    EXPECT_THAT(reading_.question(), HasSubstr("'{1}'"));
}

TEST_F(routines, what_calls_one_of_PostgreSQLs_own_is_followed) {
    read({{"16500", "pg_advisory_lock", std::string(calling_class) + "pg_catalog.pg_rewrite", std::nullopt},
          {"16501", "setseed", std::string(calling_class) + "pg_catalog.pg_attrdef", std::nullopt},
          {"16502", "reads", "sql", "SELECT v FROM locking"}});
    EXPECT_THAT(reading_.question(), HasSubstr("'{pg_catalog.pg_rewrite,pg_catalog.pg_attrdef}'"));
    EXPECT_THAT(reading_.question(), HasSubstr("'{16500,16501}'"));
    const std::string flags = std::to_string(static_cast<std::uint64_t>(effect::own_routine));
    ASSERT_TRUE(reading_.take({{"name", "locking", flags}}));
    EXPECT_THAT(reading_.question(), HasSubstr("'{16500,16501,16502}'"));
    ASSERT_TRUE(reading_.take({{"name", "reads", flags}}));
    EXPECT_EQ(reading_.result()->look("SELECT reads()"), effect::own_routine);
}

TEST_F(routines, too_many_make_every_text_suspicious) {
    read(rows(most_routines + 1, {"1", "adds", "sql", "SELECT 1"}));
    EXPECT_EQ(reading_.question(), "");
    EXPECT_TRUE(has(reading_.result()->look("SELECT 1"), effect::own_routine));
}

TEST(routine_reading, what_is_no_answer_is_given_up) {
    EXPECT_FALSE(routine_reading(15, "p").take({}));
    EXPECT_FALSE(routine_reading(15, "p").take(rows{{"a", "b"}}));
    routine_reading bodies(15);
    EXPECT_FALSE(bodies.take({{"1", "f", "sql"}}));
    routine_reading led(15);
    ASSERT_TRUE(led.take({{"1", "sets", "plpgsql", setting}}));
    EXPECT_FALSE(led.take({{"name", "f", "no number"}}));
}

}  // namespace
}  // namespace pgweir::catalog

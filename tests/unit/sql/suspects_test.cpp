#include "sql/suspects.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::sql {
namespace {

class suspected : public testing::Test {
protected:
    suspected() {
        names_.add("tenant", effect::own_routine);
        names_.add("Strange Name", effect::setseed);
        names_.add(std::string(63, 'a'), effect::draws);
    }
    suspects names_;
};

TEST_F(suspected, are_found_wherever_they_stand) {
    for (const char* text : {"SELECT tenant(1)", "select public.TENANT (1)", "SELECT \"tenant\"(1)",
                             "INSERT INTO tenant VALUES (1)", "SELECT 1; SELECT tenant"})
        EXPECT_EQ(names_.look(text), effect::own_routine) << text;
    EXPECT_EQ(names_.look("SELECT \"Strange Name\"()"), effect::setseed);
    EXPECT_EQ(names_.look("SELECT tenant(\"Strange Name\"())"), effect::own_routine | effect::setseed);
}

TEST_F(suspected, are_names_and_not_what_looks_alike) {
    for (const char* text : {"SELECT tenants(1)", "SELECT 'tenant'", "SELECT 1 -- tenant", "SELECT \"Tenant\"()",
                             "SELECT strange name", "SELECT $1", ""})
        EXPECT_EQ(names_.look(text), effect::none) << text;
}

TEST_F(suspected, are_cut_as_PostgreSQL_cuts_them) {
    EXPECT_EQ(names_.look("SELECT " + std::string(63, 'A') + "()"), effect::draws);
    EXPECT_EQ(names_.look("SELECT " + std::string(80, 'a') + "()"), effect::draws);
    EXPECT_EQ(names_.look("SELECT \"" + std::string(80, 'a') + "\"()"), effect::draws);
    EXPECT_EQ(names_.look("SELECT " + std::string(62, 'a') + "()"), effect::none);
}

TEST_F(suspected, may_be_everything) {
    EXPECT_EQ(names_.look("SELECT 1"), effect::none);
    names_.add_everything(effect::own_routine);
    EXPECT_EQ(names_.look("SELECT 1"), effect::own_routine);
    EXPECT_EQ(suspects().look("SELECT 1"), effect::none);
}

TEST_F(suspected, what_is_added_twice_counts_once_with_both) {
    names_.add("tenant", effect::load);
    EXPECT_EQ(names_.size(), 3U);
    EXPECT_EQ(names_.look("SELECT tenant()"), effect::own_routine | effect::load);
}

}  // namespace
}  // namespace pgweir::sql

#include "sql/words.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::sql {
namespace {

TEST(words, are_found_without_case) {
    EXPECT_EQ(find_word("select").id, word::select);
    EXPECT_EQ(find_word("SeLeCt").id, word::select);
    EXPECT_EQ(find_word("TEMPORARY").id, word::temp);
    EXPECT_EQ(find_word("PG_Advisory_Lock").caused, effect::advisory_lock);
    EXPECT_EQ(find_word("do").id, word::do_);
}

TEST(words, are_found_whole) {
    for (const char* name : {"", "s", "selec", "selects", "se1ect", "sel_ct",
                             "set\x7f"
                             "config",
                             "pg_advisory_xact_lock", "[et", "\xc3\xa9"})
        EXPECT_EQ(find_word(name).id, word::none) << name;
    EXPECT_EQ(find_word(std::string(100, 'x')).id, word::none);
}

TEST(words, filter_by_initial_lets_every_known_word_through) {
    for (const char* name : {"select", "SELECT", "Do", "pg_advisory_lock", "session_authorization", "pg_temp",
                             "PG_TOAST_TEMP_3", "pg_replication_origin_session_setup"})
        EXPECT_TRUE(may_be_known(name)) << name;
    EXPECT_TRUE(may_be_known("pg_temp_" + std::string(100, '1')));
    for (const char* name : {"abalance", "from", "where", "x", "\xc3\xa9"}) EXPECT_FALSE(may_be_known(name)) << name;
    EXPECT_FALSE(may_be_known(std::string(100, 'x')));
}

TEST(words, temporary_schemas) {
    for (const char* name : {"pg_temp", "PG_TEMP", "pg_temp_12", "pg_toast_temp_3"})
        EXPECT_EQ(find_word(name).caused, effect::temp_object) << name;
    for (const char* name : {"pg_tem", "pg_toast", "my_pg_temp", "p"})
        EXPECT_EQ(find_word(name).caused, effect::none) << name;
    EXPECT_TRUE(mentions_pg_temp("'a,Pg_Temp'"));
    EXPECT_FALSE(mentions_pg_temp("pg_tem"));
}

}  // namespace
}  // namespace pgweir::sql

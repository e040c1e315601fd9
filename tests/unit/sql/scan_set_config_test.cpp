#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sql/scan_state.hpp"

namespace pgweir::sql {
namespace {

using testing::ElementsAre;

TEST(scan, names_of_settings_that_set_config_is_given) {
    const auto names = [](std::string_view text) {
        const scan_result found = scan(text);
        return std::vector<std::string_view>(found.config_names.begin(),
                                             found.config_names.begin() + found.config_name_count);
    };
    const char* two = "SELECT set_config('app.one', $1, false), x, pg_catalog.set_config('app.two', y || 'z', a = b)";
    EXPECT_THAT(names(two), ElementsAre("'app.one'", "'app.two'"));
    EXPECT_FALSE(scan(two).unread_names);
    EXPECT_THAT(names("SELECT set_config('app.one', 'v', true)"), ElementsAre()) << "over with the transaction";
    EXPECT_FALSE(scan("SELECT set_config($1, $2, true)").unread_names) << "as that is";
    for (const char* text :
         {"SELECT set_config($1, 'v', false)", "SELECT set_config('app.' || 'one', 'v', false)",
          "SELECT set_config(x || 'app.one', 'v', false)", "SELECT set_config(E'app.\\x41', 'v', false)",
          "SELECT set_config('a' 'b', 'v', false)", "SELECT set_config('a'\n'b', 'v', false)",
          "SELECT set_config(set_config('app.one', 'v', false), 'v', false)", "SELECT set_config('app.one', 'v'",
          "SET \"app\".\"one\" = 1", "SET app . one = 1",
          "SELECT set_config('a.a', '', false), set_config('a.b', '', false), set_config('a.c', '', false), "
          "set_config('a.d', '', false), set_config('a.e', '', false)",
          "DO $$ BEGIN PERFORM f(); END $$", "DO 'BEGIN SET app.one = 1; END'", "DO $$ BEGIN EXECUTE x; END $$"})
        EXPECT_TRUE(scan(text).unread_names) << text;
    for (const char* text : {"SELECT set_config('work_mem', 'v', false)", "SET app.one = 1", "UPDATE t SET a = 1",
                             "UPDATE pg_settings SET setting = 'x'", "DO $$ BEGIN NULL; END $$"})
        EXPECT_FALSE(scan(text).unread_names) << text;
}

TEST(scan, settings_for_the_transaction_by_function) {
    for (const char* text : {"SELECT set_config('app.tenant', '5', true)", "SELECT set_config('app.tenant', $1, true)",
                             "SELECT set_config('search_path', 'own, public', true)",
                             "SELECT set_config('role', current_setting('app.role'), true)"})
        EXPECT_EQ(state_of(text), effect::local_config) << text;
    // The name or the path is not known: it could be pg_temp.
    for (const char* text :
         {"SELECT set_config($1, $2, true)", "SELECT set_config('search_path', $1, true)",
          "SELECT set_config('Search_Path', 'pg_' || 'temp', true)",
          "SELECT set_config('search' || '_path', 'a', true)", "SELECT set_config(name, 'a', true) FROM t",
          "SELECT set_config(E'search_path', 'a', true)", "SELECT set_config('a.b', 'c', false)"})
        EXPECT_TRUE(has_bit(text, effect::set_config)) << text;
}

TEST(scan, set_config) {
    for (const char* text :
         {"SELECT set_config('a', 'b', false)", "SELECT pg_catalog.set_config($1, $2, $3)",
          "SELECT \"Set_Config\"('a', 'b', false)", "SELECT set_config('a', 'b', not true)",
          "SELECT set_config('a', f('b', true), false)", "SELECT set_config('a', set_config('b', 'c', false), true)",
          "SELECT set_config('a', 'b', true), set_config('c', 'd', false)", "SELECT set_config('a', 'b', true",
          "SELECT set_config('a', is_local => true, new_value => 'b')",
          "UPDATE pg_settings SET setting = 'a' WHERE name = 'b'",
          "WITH a AS (SELECT 1) UPDATE pg_catalog.\"pg_settings\" SET setting = 'a'"})
        EXPECT_TRUE(has_bit(text, effect::set_config)) << text;
    for (const char* text : {"SELECT set_config('a', 'b', true)", "SELECT (set_config('a', f('x', 'y'), TRUE)), 1",
                             "SELECT set_config('a', $1, true), set_config('c', $2, true)"})
        EXPECT_EQ(state_of(text), effect::local_config) << text;
    for (const char* text : {"SELECT * FROM pg_settings", "UPDATE t SET a = 1"})
        EXPECT_EQ(state_of(text), effect::none) << text;
}

}  // namespace
}  // namespace pgweir::sql

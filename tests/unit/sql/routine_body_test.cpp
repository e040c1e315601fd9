#include "sql/routine_body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

namespace pgweir::sql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

effect left_by(std::string_view language, std::string_view body) {
    return read_routine_body(language, body).flags & ~effect::draws;
}

TEST(routine_body, what_a_block_may_leave_behind) {
    for (const std::string_view body : {
             "BEGIN SET work_mem = '1MB'; END",
             "BEGIN IF a THEN SET work_mem = '1MB'; END IF; END",
             "BEGIN IF a THEN NULL; ELSE RESET work_mem; END IF; END",
             "BEGIN LOOP DISCARD PLANS; END LOOP; END",
             "<<here>> SET work_mem = '1MB'; ",
             "BEGIN PERFORM set_config('work_mem', '1MB', false); END",
             "BEGIN CREATE TEMP TABLE t (v int); END",
             "BEGIN PERFORM pg_advisory_lock(1); END",
             "BEGIN LISTEN news; END",
             "BEGIN EXECUTE what; END",
             "BEGIN RETURN QUERY EXECUTE format('SELECT %L', a); END",
             "BEGIN FOR r IN EXECUTE what LOOP NULL; END LOOP; END",
             "BEGIN /* never closed SET work_mem = '1MB'; END",
         })
        EXPECT_EQ(left_by("plpgsql", body), effect::own_routine) << body;
}

TEST(routine_body, what_a_block_leaves_to_nobody) {
    for (const std::string_view body : {
             "BEGIN UPDATE t SET v = 1; RETURN NEW; END",
             "BEGIN INSERT INTO t VALUES (1) ON CONFLICT (v) DO UPDATE SET v = 2; END",
             "BEGIN SET LOCAL work_mem = '1MB'; END",
             "BEGIN PERFORM set_config('work_mem', '1MB', true); END",
             "DECLARE c CURSOR FOR SELECT 1; BEGIN OPEN c; FETCH c INTO v; CLOSE c; END",
             "BEGIN PERFORM pg_advisory_xact_lock(1); CALL other(); END",
             "BEGIN RAISE NOTICE 'SET work_mem'; END",
             "",
         })
        EXPECT_EQ(left_by("plpgsql", body), effect::none) << body;
}

TEST(routine_body, what_changes_the_schema) {
    const auto defines = [](std::string_view language, std::string_view body) {
        return has(read_routine_body(language, body).flags, effect::defines);
    };
    for (const std::string_view body : {
             "BEGIN CREATE OR REPLACE VIEW v AS SELECT 1; END",
             "BEGIN IF a THEN ALTER TABLE t ENABLE ROW LEVEL SECURITY; END IF; END",
             "BEGIN EXECUTE 'create view v AS SELECT ' || a; END",
             "BEGIN DROP VIEW v; END",
             "BEGIN EXECUTE E'DROP MATERIALIZED VIEW v'; END",
             "BEGIN EXECUTE format($q$ ALTER TABLE %I ADD b int $q$, a); END",
         })
        EXPECT_TRUE(defines("plpgsql", body)) << body;
    for (const std::string_view body : {
             "BEGIN CREATE TEMP TABLE t (a int); UPDATE u SET a = 1; END",
             "BEGIN EXECUTE 'create temporary table t (a int)'; END",
             "BEGIN RAISE NOTICE 'Create a table first'; END",
             "BEGIN EXECUTE what; RAISE NOTICE 'Drop by when you like'; END",
             "BEGIN EXECUTE 'CREATE INDEX ON t (a)'; ANALYZE t; END",
             "BEGIN RAISE NOTICE 'done'; PERFORM 1 FROM created WHERE create_at > a; END",
         })
        EXPECT_FALSE(defines("plpgsql", body)) << body;
    EXPECT_TRUE(defines("sql", "SELECT 1; CREATE VIEW v AS SELECT 1"));
    EXPECT_FALSE(defines("sql", "UPDATE t SET a = 1"));
}

TEST(routine_body, plain_sql) {
    EXPECT_EQ(left_by("sql", "SELECT set_config('work_mem', '1MB', false)"), effect::own_routine);
    EXPECT_EQ(left_by("sql", "SELECT 1; SET work_mem = '1MB'"), effect::own_routine);
    EXPECT_EQ(left_by("sql", "UPDATE t SET v = 1"), effect::none);
    EXPECT_EQ(left_by("sql", "SELECT v FROM t"), effect::none);
}

TEST(routine_body, other_languages_may_do_anything) {
    EXPECT_EQ(left_by("plpython3u", "return 1"), effect::own_routine);
}

TEST(routine_body, what_a_server_cannot_be_asked_for) {
    EXPECT_EQ(left_by("plpgsql", "BEGIN PERFORM setseed(0.5); END"), effect::setseed);
    EXPECT_EQ(left_by("sql", "SELECT lastval()"), effect::lastval_currval);
    EXPECT_EQ(left_by("plpgsql", "BEGIN LOAD 'auto_explain'; END"), effect::load | effect::own_routine);
}

TEST(routine_body, names_of_custom_settings) {
    EXPECT_THAT(read_routine_body("sql", "SELECT set_config('app.tenant', $1, false)").custom_settings,
                ElementsAre("app.tenant"));
    EXPECT_THAT(
        read_routine_body("plpgsql", "BEGIN IF a THEN SET app.tenant = 1; ELSE SET SESSION app.other TO 2; END IF; END")
            .custom_settings,
        ElementsAre("app.tenant", "app.other"));
    EXPECT_THAT(read_routine_body("plpgsql", "BEGIN SET work_mem = '1MB'; END").custom_settings, IsEmpty());
}

TEST(routine_body, a_name_that_nobody_can_read) {
    EXPECT_TRUE(has(left_by("plpgsql", "BEGIN PERFORM set_config(name, value, false); END"), effect::set_config));
    EXPECT_FALSE(has(left_by("plpgsql", "BEGIN EXECUTE what; END"), effect::set_config));
}

TEST(routine_body, a_call_by_name_alone) {
    EXPECT_EQ(left_by_function("pg_advisory_lock"), effect::own_routine);
    EXPECT_EQ(left_by_function("set_config"), effect::own_routine | effect::set_config) << "which setting nobody knows";
    EXPECT_EQ(left_by_function("setseed"), effect::setseed);
    EXPECT_EQ(left_by_function("nextval"), effect::draws) << "is not looked for";
}

TEST(routine_body, of_functions_that_a_text_makes) {
    const auto made = [](std::string_view text) { return read_made_routines(text, true); };
    EXPECT_THAT(made("CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $a$BEGIN SET app.one = 1; END$a$; "
                     "CREATE FUNCTION g() RETURNS text LANGUAGE sql AS 'SELECT set_config(''app.two'', ''b'', false)'")
                    .custom_settings,
                ElementsAre("app.one", "app.two"));
    EXPECT_TRUE(
        has(made("CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$SELECT setseed(0)$$").flags, effect::setseed));
    EXPECT_TRUE(
        has(made(R"(CREATE FUNCTION f() RETURNS void LANGUAGE sql AS E'\x53ELECT 1')").flags, effect::set_config));
    EXPECT_EQ(made("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'").flags, effect::none);
}

TEST(routine_body, what_may_draw_from_a_sequence) {
    const auto draws = [](std::string_view language, std::string_view body) {
        return has(read_routine_body(language, body).flags, effect::draws);
    };
    EXPECT_TRUE(draws("sql", "SELECT nextval('s')"));
    EXPECT_TRUE(draws("sql", "INSERT INTO t DEFAULT VALUES"));
    EXPECT_TRUE(draws("plpgsql", "BEGIN IF a THEN INSERT INTO t DEFAULT VALUES; END IF; END"));
    EXPECT_FALSE(draws("sql", "SELECT 1"));
    EXPECT_FALSE(draws("plpgsql", "BEGIN UPDATE t SET v = 1; END"));
}

}  // namespace
}  // namespace pgweir::sql

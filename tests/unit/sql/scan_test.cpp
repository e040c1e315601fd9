#include "sql/scan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sql/scan_state.hpp"

namespace pgweir::sql {

namespace {

using testing::ElementsAre;

std::vector<std::string> targets(std::string_view text) {
    const scan_result result = scan(text);
    return {result.set_targets.begin(), result.set_targets.begin() + result.set_target_count};
}

TEST(scan, nothing_suspicious) {
    for (const char* text : {
             "SELECT abalance FROM pgbench_accounts WHERE aid = 12345;",
             "UPDATE t SET x = 1, role = 'a', session = 2 WHERE y = 3",
             "INSERT INTO t (load, listen, prepare) VALUES ('SET x = 1', $$LISTEN a; DISCARD ALL$$)",
             "SELECT temp, \"temporary\", local, hold FROM weather WHERE temp > 20",
             "SELECT * FROM temp",
             "INSERT INTO temp VALUES (1)",
             "MERGE INTO temp USING s ON true WHEN MATCHED THEN DELETE",
             "CREATE TABLE temp (a int)",
             "WITH hold AS (SELECT 1) SELECT * FROM hold",
             "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = a AS 'select 1'",
             "ALTER ROLE a SET search_path = b",
             "ALTER DATABASE a RESET ALL",
             "SELECT 'set_config', 'pg_advisory_lock(1)' -- pg_advisory_lock(1)\n/* setseed(1) */",
             "SELECT pg_advisory_xact_lock(1)",
             "SELECT set_configuration(), my_setseed, my_nextval('s')",
             "GRANT EXECUTE ON FUNCTION f() TO a",
             "CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f()",
             "NOTIFY a, 'b'",
             "SHOW search_path",
             "SAVEPOINT a",
             "RELEASE a",
             "FETCH 10 FROM c",
             "VACUUM FULL t",
         })
        EXPECT_EQ(state_of(text), effect::none) << text;
}

TEST(scan, what_may_end_something_that_was_left) {
    for (const char* text : {"CLOSE ALL", "close c", "SELECT pg_advisory_unlock(2)", "SELECT pg_advisory_unlock_all()",
                             "SELECT 1; SELECT pg_catalog.pg_advisory_unlock_shared(1, 2)", "DROP TABLE t"})
        EXPECT_EQ(state_of(text), effect::releases) << text;
}

TEST(scan, settings) {
    EXPECT_EQ(state_of("SET statement_timeout = 5"), effect::set_named);
    EXPECT_THAT(targets("SET statement_timeout = 5"), ElementsAre("statement_timeout"));
    EXPECT_THAT(targets("set session DateStyle to iso"), ElementsAre("DateStyle"));
    EXPECT_THAT(targets("/* a */ SET /* b */ TimeZone TO 'UTC';"), ElementsAre("TimeZone"));
    EXPECT_THAT(targets("SET \"Application_Name\" = 'x'"), ElementsAre("Application_Name"));
    EXPECT_THAT(targets("SET app.user = 'x'"), ElementsAre("app.user"));
    EXPECT_THAT(targets("SET a.b.c TO DEFAULT"), ElementsAre("a.b.c"));
    EXPECT_THAT(targets("SET TIME ZONE 'UTC'"), ElementsAre("timezone"));
    EXPECT_THAT(targets("SET SESSION TIME ZONE LOCAL"), ElementsAre("timezone"));
    EXPECT_THAT(targets("SET NAMES 'utf8'"), ElementsAre("client_encoding"));
    EXPECT_THAT(targets("SET SCHEMA 'a'"), ElementsAre("search_path"));
    EXPECT_THAT(targets("SET XML OPTION DOCUMENT"), ElementsAre("xmloption"));
    EXPECT_THAT(targets("SET a = 1; SELECT 1; set b to 2"), ElementsAre("a", "b"));
    EXPECT_THAT(targets("SET search_path = a, b, set, c"), ElementsAre("search_path"));
    EXPECT_EQ(state_of("SET \"a\".b = 1"), effect::set_other);
    EXPECT_EQ(state_of("SET a . b = 1"), effect::set_other);
    EXPECT_EQ(state_of("SET U&\"a\" = 1"), effect::set_other);
    EXPECT_EQ(state_of("SET 1"), effect::set_other);
    EXPECT_EQ(state_of("SET"), effect::set_other);
}

TEST(scan, settings_that_end_with_the_transaction) {
    for (const char* text : {"SET LOCAL a = 1", "SET LOCAL ROLE b", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
                             "SET SESSION TRANSACTION READ ONLY", "SET CONSTRAINTS ALL DEFERRED",
                             "SET transaction_isolation = 'serializable'", "SET transaction_read_only = on",
                             "RESET transaction_deferrable", "RESET TRANSACTION ISOLATION LEVEL"})
        EXPECT_EQ(state_of(text), effect::set_transaction) << text;
    EXPECT_EQ(state_of("SET transaction_timeout = 5"), effect::set_named);
}

TEST(scan, role_and_authorization) {
    for (const char* text :
         {"SET ROLE a", "set role none", "SET SESSION ROLE 'a'", "SET role = 'a'", "SET \"ROLE\" TO a"})
        EXPECT_EQ(state_of(text), effect::set_role) << text;
    for (const char* text :
         {"SET SESSION AUTHORIZATION a", "SET SESSION SESSION AUTHORIZATION a", "SET session_authorization = a",
          "RESET SESSION AUTHORIZATION", "RESET session_authorization"})
        EXPECT_EQ(state_of(text), effect::set_session_authorization) << text;
    EXPECT_EQ(state_of("RESET ROLE"), effect::set_role | effect::reset);
    EXPECT_THAT(targets("RESET ROLE"), ElementsAre("ROLE"));
    EXPECT_EQ(state_of("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"), effect::session_characteristics);
    EXPECT_EQ(state_of("SET seed = 0.5"), effect::setseed);
}

TEST(scan, reset_and_discard) {
    EXPECT_EQ(state_of("RESET ALL"), effect::reset_all);
    EXPECT_EQ(state_of("RESET work_mem"), effect::reset);
    for (const char* text : {"SET work_mem TO DEFAULT", "set session work_mem = default", "SET \"work_mem\" TO default",
                             "SET NAMES DEFAULT", "SET NAMES", "SET NAMES; SELECT 1", "SET TIME ZONE DEFAULT",
                             "SET TIME ZONE LOCAL", "SET a.b TO DEFAULT"})
        EXPECT_EQ(state_of(text), effect::reset) << text;
    for (const char* text : {"SET work_mem TO 'default'", "SET work_mem TO \"default\"", "SET NAMES 'default'",
                             "SET TIME ZONE 'default'", "SET work_mem TO defaults"})
        EXPECT_EQ(state_of(text), effect::set_named) << text;
    EXPECT_EQ(state_of("SET LOCAL work_mem TO DEFAULT"), effect::set_transaction);
    EXPECT_THAT(targets("RESET work_mem"), ElementsAre("work_mem"));
    EXPECT_THAT(targets("RESET TIME ZONE"), ElementsAre("timezone"));
    EXPECT_EQ(state_of("DISCARD ALL"), effect::discard_all);
    EXPECT_EQ(state_of("discard temp"), effect::discard_other);
    EXPECT_EQ(state_of("DISCARD PLANS"), effect::discard_other);
}

TEST(scan, more_settings_than_places) {
    std::string text;
    for (int i = 0; i < 8; ++i) text += "SET a" + std::to_string(i) + " = 1;";
    EXPECT_FALSE(scan(text).too_many_targets);
    EXPECT_EQ(scan(text).set_target_count, 8);
    text += "SET b = 1";
    EXPECT_TRUE(scan(text).too_many_targets);
    EXPECT_EQ(scan(text).set_target_count, 8);
    EXPECT_EQ(scan(text).set_targets[7], "a7");
}

TEST(scan, prepared_statements) {
    EXPECT_EQ(state_of("PREPARE a (int) AS SELECT $1"), effect::prepare);
    EXPECT_EQ(state_of("PREPARE transaction AS SELECT 1"), effect::prepare);
    EXPECT_EQ(state_of("PREPARE TRANSACTION 'a'"), effect::prepare_transaction | effect::ends_transaction);
    EXPECT_EQ(state_of("EXECUTE a(1)"), effect::execute);
    EXPECT_EQ(state_of("EXPLAIN ANALYZE EXECUTE a(1)"), effect::execute);
    EXPECT_EQ(state_of("CREATE TABLE t AS EXECUTE a"), effect::execute);
    EXPECT_EQ(state_of("DEALLOCATE a"), effect::deallocate);
    EXPECT_EQ(scan("DEALLOCATE a").deallocate_name, "a");
    EXPECT_EQ(scan("deallocate prepare \"All\"").deallocate_name, "\"All\"");
    EXPECT_EQ(scan("DEALLOCATE prepare").deallocate_name, "prepare");
    EXPECT_EQ(state_of("DEALLOCATE ALL"), effect::deallocate_all);
    EXPECT_EQ(state_of("DEALLOCATE PREPARE ALL"), effect::deallocate_all);
    EXPECT_FALSE(scan("DEALLOCATE a").more_deallocated);
    EXPECT_TRUE(scan("DEALLOCATE a; DEALLOCATE b").more_deallocated);
}

TEST(scan, temporary_objects) {
    for (const char* text : {"CREATE TEMP TABLE t (a int)",
                             "create temporary table t as select 1",
                             "CREATE LOCAL TEMP TABLE t (a int)",
                             "CREATE GLOBAL TEMPORARY TABLE t (a int)",
                             "CREATE OR REPLACE TEMP VIEW v AS SELECT 1",
                             "CREATE TEMP SEQUENCE s",
                             "CREATE /* */ TEMP -- \n TABLE t ()",
                             "SELECT 1 INTO TEMP t",
                             "SELECT a INTO TEMPORARY TABLE t FROM b",
                             "SELECT a INTO LOCAL TEMP t FROM b",
                             "EXPLAIN ANALYZE CREATE TEMP TABLE t AS SELECT 1",
                             "CREATE TABLE pg_temp.t (a int)",
                             "CREATE FUNCTION \"pg_temp\".f() RETURNS int LANGUAGE sql AS 'select 1'",
                             "INSERT INTO pg_temp_3.t VALUES (1)",
                             "SELECT 1 AS merge INTO TEMP t",
                             "SELECT 1 AS insert INTO TEMP t",
                             "WITH a AS (SELECT 1) SELECT 1 AS insert INTO TEMP t",
                             "SET LOCAL search_path = E'\\x70g_temp'",
                             "SET LOCAL search_path = U&'\\0070g_temp'",
                             "CREATE TEMP TABLE t (a int) ON COMMIT PRESERVE ROWS",
                             "CREATE TEMP TABLE t (a int) ON COMMIT DELETE ROWS",
                             "SELECT 1; CREATE TEMP TABLE t (a int)"})
        EXPECT_TRUE(has_bit(text, effect::temp_object)) << text;
}

TEST(scan, sequences) {
    for (const char* text : {"SELECT nextval('s')", "SELECT pg_catalog.setval('s', 1)", "INSERT INTO t VALUES (1)"})
        EXPECT_TRUE(has_bit(text, effect::draws)) << text;
    for (const char* text : {"UPDATE t SET a = 1", "SELECT 1", "DELETE FROM t"})
        EXPECT_FALSE(has_bit(text, effect::draws)) << text;
    EXPECT_EQ(state_of("SELECT lastval()"), effect::lastval_currval);
}

TEST(scan, moments_in_strings) {
    for (const char* text :
         {"SELECT 'now'::timestamptz", "SELECT date 'Today'", "SELECT * FROM t WHERE d > ' tomorrow '",
          "SELECT timestamp '10:00 yesterday'", "SELECT E'n\\x6fw'::time", "SELECT U&'no!0077' UESCAPE '!'",
          "SELECT 'to'\n'day'", "SELECT E'to' -- \n'morrow'"})
        EXPECT_TRUE(has_bit(text, effect::time_literal)) << text;
    for (const char* text :
         {"SELECT 'then'", "SELECT now()", "SELECT \"now\" FROM t", "SELECT E'noon'", "SELECT 'no' 'w'"})
        EXPECT_FALSE(has_bit(text, effect::time_literal)) << text;
}

TEST(scan, what_never_ends_is_not_empty) {
    for (const char* text : {"/* fix /* me */ INSERT INTO t VALUES (1)", "$$ oops", "'abc", "\"abc", "-- a\n /*"})
        EXPECT_FALSE(has_bit(text, effect::empty)) << text;
    EXPECT_TRUE(has_bit("-- a comment", effect::empty));
    EXPECT_TRUE(has_bit("/* a */ ; ", effect::empty));
}

TEST(scan, temporary_table_of_one_transaction) {
    EXPECT_EQ(state_of("CREATE TEMP TABLE t (a int) ON COMMIT DROP"), effect::none);
    EXPECT_EQ(state_of("CREATE TEMP TABLE t ON COMMIT DROP AS SELECT 1"), effect::none);
    EXPECT_EQ(state_of("CREATE TEMP TABLE t (a text DEFAULT 'ON COMMIT DROP')"), effect::temp_object);
    EXPECT_EQ(state_of("CREATE TEMP TABLE t (a int) ON COMMIT DROP; CREATE TEMP TABLE u (a int)"), effect::temp_object);
}

// With it in front, CREATE TABLE creates a temporary table.
TEST(scan, search_path_with_the_temporary_schema) {
    for (const char* text : {"SET search_path = pg_temp, public", "SET search_path = 'pg_temp', public",
                             "SET LOCAL search_path TO \"pg_temp\"", "SET search_path = 'public, PG_TEMP'",
                             "SELECT set_config('search_path', 'pg_temp', true)"})
        EXPECT_TRUE(has_bit(text, effect::temp_object)) << text;
    EXPECT_FALSE(has_bit("SELECT 'pg_temp'", effect::temp_object));
}

TEST(scan, cursors) {
    EXPECT_EQ(state_of("DECLARE c CURSOR FOR SELECT 1"), effect::declare_cursor);
    EXPECT_EQ(state_of("DECLARE c CURSOR WITHOUT HOLD FOR SELECT 1"), effect::declare_cursor);
    EXPECT_EQ(state_of("declare c binary scroll cursor with hold for select 1"),
              effect::declare_cursor | effect::with_hold);
}

TEST(scan, functions) {
    const std::vector<std::pair<const char*, effect>> cases{
        {"SELECT pg_advisory_lock(1)", effect::advisory_lock},
        {"SELECT pg_advisory_lock_shared(1)", effect::advisory_lock},
        {"SELECT PG_TRY_ADVISORY_LOCK(1)", effect::advisory_lock},
        {"SELECT pg_catalog.pg_try_advisory_lock_shared(1, 2)", effect::advisory_lock},
        {"SELECT \"pg_advisory_lock\"(1)", effect::advisory_lock},
        {"UPDATE t SET a = 1 WHERE pg_try_advisory_lock(id)", effect::advisory_lock},
        {"SELECT setseed(0.5)", effect::setseed},
        {"SELECT currval('s')", effect::lastval_currval},
        {"INSERT INTO t VALUES (lastval())", effect::lastval_currval},
        {"SELECT lo_open(1, 2)", effect::large_object},
        {"SELECT lo_creat(-1)", effect::large_object},
        {"SELECT dblink_connect('a', 'b')", effect::session_function},
        {"SELECT query_to_xml('select set_config(1)', true, true, '')", effect::session_function},
        {"SELECT U&\"set\\005Fconfig\"('a', 'b', false)", effect::session_function},
        {"SELECT U&\"set!005Fconfig\" UESCAPE '!' ('a', 'b', false)", effect::session_function},
        {"LISTEN a", effect::listen},
        {"UNLISTEN *", effect::unlisten},
        {"LOAD 'auto_explain'", effect::load},
        {"DO $$ BEGIN PERFORM 1; END $$", effect::do_block},
        {"CALL p(1)", effect::call},
    };
    for (const auto& [text, expected] : cases) EXPECT_EQ(state_of(text), expected) << text;
}

TEST(scan, transactions) {
    for (const char* text : {"BEGIN", "begin work isolation level serializable", "START TRANSACTION READ ONLY"})
        EXPECT_EQ(state_of(text), effect::begins_transaction) << text;
    for (const char* text : {"COMMIT", "END", "commit work", "END TRANSACTION", "COMMIT AND NO CHAIN"})
        EXPECT_EQ(state_of(text), effect::ends_transaction | effect::explicit_commit) << text;
    for (const char* text : {"ROLLBACK", "ABORT", "ROLLBACK TRANSACTION", "rollback work and no chain"})
        EXPECT_EQ(state_of(text), effect::ends_transaction) << text;
    EXPECT_EQ(state_of("COMMIT AND CHAIN"),
              effect::ends_transaction | effect::explicit_commit | effect::begins_transaction);
    EXPECT_EQ(state_of("ROLLBACK WORK AND CHAIN"), effect::ends_transaction | effect::begins_transaction);
    for (const char* text : {"ROLLBACK TO a", "ROLLBACK WORK TO SAVEPOINT a", "rollback transaction to a"})
        EXPECT_EQ(state_of(text), effect::rollback_to) << text;
    EXPECT_EQ(state_of("COMMIT PREPARED 'a'"), effect::explicit_commit);
    EXPECT_EQ(state_of("ROLLBACK PREPARED 'a'"), effect::none);
}

TEST(scan, plain_reads) {
    for (const char* text :
         {"SELECT 1", "  -- c\n (SELECT 1) UNION (SELECT 2)", "SHOW ALL", "VALUES (1)", "TABLE t", "EXPLAIN SELECT 1",
          "FETCH c", "WITH a AS (SELECT 1) SELECT * FROM a", "SELECT 1; SELECT 2;", "SELECT '; DELETE FROM t'"}) {
        EXPECT_TRUE(has_bit(text, effect::plain_read)) << text;
        EXPECT_FALSE(has_bit(text, effect::data_modifying)) << text;
    }
    for (const char* text : {"INSERT INTO t VALUES (1)",
                             "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a",
                             "SELECT 1; TRUNCATE t",
                             "EXPLAIN ANALYZE INSERT INTO t VALUES (1)",
                             "EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1",
                             "EXPLAIN ANALYZE EXECUTE a",
                             "EXPLAIN ANALYZE REFRESH MATERIALIZED VIEW v",
                             "SELECT * INTO t FROM u",
                             "CREATE TABLE t (a int)",
                             "DROP TABLE t",
                             "COPY t TO STDOUT",
                             "CALL p()",
                             "DO 'x'",
                             "EXECUTE a",
                             "NOTIFY a",
                             "SELECT 1 FOR UPDATE",
                             "REINDEX TABLE t",
                             "unheard of",
                             "42",
                             "ROLLBACK PREPARED 'a'"}) {
        EXPECT_FALSE(has_bit(text, effect::plain_read)) << text;
        EXPECT_TRUE(has_bit(text, effect::data_modifying)) << text;
    }
    for (const char* text : {"BEGIN", "SET a = 1", "SELECT 1; COMMIT", "LISTEN a", "", ";;"}) {
        EXPECT_FALSE(has_bit(text, effect::plain_read)) << text;
        EXPECT_FALSE(has_bit(text, effect::data_modifying)) << text;
    }
    EXPECT_TRUE(has_bit("COPY t FROM STDIN", effect::copy));
}

TEST(scan, number_of_statements) {
    for (const char* text : {"", " ", ";", " ; /* a */ ; -- b"}) EXPECT_EQ(scan(text).flags, effect::empty) << text;
    EXPECT_FALSE(has_bit("SELECT 1;", effect::multi_statement));
    EXPECT_FALSE(has_bit(";;SELECT ';';;", effect::multi_statement));
    EXPECT_TRUE(has_bit("SELECT 1;SELECT 2", effect::multi_statement));
    EXPECT_FALSE(has_bit("CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO u VALUES (1); DELETE FROM v)",
                         effect::multi_statement));
    EXPECT_EQ(state_of("SELECT 1; SET a = 1; LISTEN b"), effect::set_named | effect::listen);
}

TEST(scan, bodies_in_plain_sql) {
    const std::string body =
        "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE a WHEN 1 THEN "
        "2 END; INSERT INTO t VALUES (1); END";
    EXPECT_EQ(scan(body).flags & ~effect::draws, effect::data_modifying | effect::creates_routine);
    EXPECT_EQ(state_of(body + "; SET x = 1"), effect::set_named);
    EXPECT_TRUE(has_bit(body + "; SET x = 1", effect::multi_statement));
    EXPECT_EQ(state_of("CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC END; LISTEN a"), effect::listen);
    EXPECT_EQ(state_of("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS case; END; LISTEN a"), effect::listen);
}

TEST(scan, nothing_hides_behind_what_only_looks_like_a_body) {
    EXPECT_EQ(state_of("CREATE VIEW v AS SELECT begin atomic FROM t; SET x = 1"), effect::set_named);
    EXPECT_EQ(state_of("SELECT begin atomic FROM t; SET x = 1"), effect::set_named);
    EXPECT_EQ(state_of("CREATE FUNCTION f(begin atomic) RETURNS int AS 'select 1'; LISTEN a"), effect::listen);
}

TEST(scan, standard_conforming_strings) {
    const std::string_view text = R"(SELECT 'a\'; LISTEN b; --')";
    EXPECT_TRUE(has(scan(text, true).flags, effect::listen));
    EXPECT_FALSE(has(scan(text, false).flags, effect::listen));
}

}  // namespace
}  // namespace pgweir::sql

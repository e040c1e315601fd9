#include "sql/routine_writes.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace pgweir::sql {
namespace {

TEST(routine_writes, blocks_that_write) {
    for (const std::string_view body : {
             "BEGIN INSERT INTO t VALUES (NEW.v); RETURN NEW; END",
             "BEGIN IF a THEN Update t SET v = 1; END IF; END",
             "BEGIN RETURN QUERY DELETE FROM t RETURNING *; END",
             "BEGIN FOR r IN WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d LOOP NULL; END LOOP; END",
             "BEGIN RETURN QUERY EXECUTE what; END",
             "BEGIN OPEN c FOR EXECUTE what; END",
             "BEGIN TRUNCATE t; END",
             "BEGIN IF a THEN NULL; ELSE CREATE TABLE t (); END IF; END",
             "BEGIN LOOP REFRESH MATERIALIZED VIEW v; END LOOP; END",
             "<<here>> COPY t FROM '/tmp/x'; ",
             "BEGIN COMMIT; DO 'x'; END",
             "BEGIN NULL; EXCEPTION WHEN others THEN DROP TABLE t; END",
             "BEGIN /* never closed INSERT INTO t VALUES (1); END",
             "BEGIN PERFORM 'never closed; INSERT INTO t VALUES (1); END",
             "BEGIN GRANT",
         })
        EXPECT_TRUE(routine_may_write("plpgsql", body)) << body;
}

TEST(routine_writes, blocks_that_do_not) {
    for (const std::string_view body : {
             "BEGIN NEW.updated_at := now(); RETURN NEW; END",
             "DECLARE n int; BEGIN SELECT count(*) INTO n FROM t; RETURN n; END",
             "BEGIN IF TG_OP = 'INSERT' THEN PERFORM pg_notify('news', NEW.id::text); END IF; RETURN NULL; END",
             "BEGIN comment := 'x'; do[1] = 2; copy.field := 3; END",
             "BEGIN RAISE EXCEPTION 'DELETE is not for you'; -- INSERT\n END",
             "BEGIN PERFORM set_config('a.b', \"update\", true); END",
             "BEGIN CALL other(); COMMIT; END",
             "",
         })
        EXPECT_FALSE(routine_may_write("plpgsql", body)) << body;
}

TEST(routine_writes, plain_sql) {
    EXPECT_FALSE(routine_may_write("sql", "SELECT a FROM t; SELECT b"));
    EXPECT_FALSE(routine_may_write("sql", "BEGIN ATOMIC\n SELECT a FROM t;\nEND"));
    EXPECT_FALSE(routine_may_write("sql", "RETURN (a + 1)"));
    EXPECT_TRUE(routine_may_write("sql", "BEGIN ATOMIC\n INSERT INTO t VALUES (1);\nEND"));
    EXPECT_TRUE(routine_may_write("sql", "SELECT 1; TRUNCATE t"));
    EXPECT_TRUE(routine_may_write("sql", "BEGIN ATOMIC TRUNCATE t; END"));
    EXPECT_TRUE(routine_may_write("sql", "SELECT 1 INTO t"));
    EXPECT_TRUE(routine_may_write("sql", "COPY = 1"));
}

TEST(routine_writes, other_languages_may_do_anything) {
    EXPECT_TRUE(routine_may_write("plpython3u", "return 1"));
}

}  // namespace
}  // namespace pgweir::sql

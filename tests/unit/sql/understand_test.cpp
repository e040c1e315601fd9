#include "sql/understand.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sql/understand_rules.hpp"

namespace pgweir::sql {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string listed(const std::vector<qualified_name>& names) {
    std::string all;
    for (const qualified_name& one : names) {
        if (!all.empty()) all += ' ';
        all += one.schema.empty() ? one.name : one.schema + '.' + one.name;
    }
    return all;
}

std::string codes(reason reasons) {
    std::string all;
    for (const reason_description& one : reason_descriptions) {
        if (!has(reasons, one.value)) continue;
        if (!all.empty()) all += ' ';
        all += one.code;
    }
    return all;
}

std::string reasons_of(std::string_view text) {
    return codes(understand(text).reasons);
}

std::string repeated(std::string_view piece, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += piece;
    return all;
}

TEST(understand, classes) {
    struct row {
        const char* text;
        const char* name;
    };
    for (const auto& [text, name] : {
             row{"SELECT 1", "select"},
             row{"VALUES (1)", "select"},
             row{"TABLE t", "select"},
             row{"WITH a AS (SELECT 1) SELECT * FROM a", "select"},
             row{"(SELECT 1) UNION SELECT 2", "select"},
             row{"INSERT INTO t VALUES (1)", "insert"},
             row{"WITH a AS (SELECT 1) UPDATE t SET x = 1", "update"},
             row{"DELETE FROM t", "delete"},
             row{"MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE", "merge"},
             row{"COPY t FROM STDIN", "copy from"},
             row{"COPY (SELECT 1) TO STDOUT", "copy to"},
             row{"TRUNCATE t", "truncate"},
             row{"EXPLAIN ANALYZE SELECT 1", "explain"},
             row{"SHOW ALL", "show"},
             row{"SET x = 1", "set"},
             row{"SET TIME ZONE 'UTC'", "set"},
             row{"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "set"},
             row{"SET LOCAL x = 1", "set local"},
             row{"SET TRANSACTION READ ONLY", "set local"},
             row{"SET TRANSACTION SNAPSHOT 'a'", "set local"},
             row{"SET LOCAL SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "set local"},
             row{"SET CONSTRAINTS ALL DEFERRED", "set local"},
             row{"SET x TO DEFAULT", "reset"},
             row{"RESET ALL", "reset"},
             row{"DISCARD ALL", "discard"},
             row{"START TRANSACTION", "begin"},
             row{"END", "commit"},
             row{"ABORT", "rollback"},
             row{"SAVEPOINT a", "savepoint"},
             row{"RELEASE a", "savepoint"},
             row{"ROLLBACK TO a", "rollback to"},
             row{"PREPARE TRANSACTION 'a'", "prepare transaction"},
             row{"COMMIT PREPARED 'a'", "commit prepared"},
             row{"ROLLBACK PREPARED 'a'", "rollback prepared"},
             row{"PREPARE a AS SELECT 1", "prepare"},
             row{"EXECUTE a(1)", "execute"},
             row{"DEALLOCATE a", "deallocate"},
             row{"DECLARE a CURSOR FOR SELECT 1", "declare cursor"},
             row{"MOVE 1 FROM a", "fetch"},
             row{"CLOSE a", "close"},
             row{"LOCK t", "lock"},
             row{"LISTEN a", "listen"},
             row{"UNLISTEN *", "unlisten"},
             row{"NOTIFY a", "notify"},
             row{"LOAD 'a'", "load"},
             row{"CALL p()", "call"},
             row{"DO 'begin end'", "do"},
             row{"REFRESH MATERIALIZED VIEW v", "refresh"},
             row{"VACUUM t", "maintenance"},
             row{"CREATE TABLE t (a int)", "ddl"},
             row{"REINDEX TABLE t", "ddl"},
             row{"CREATE TABLE t AS SELECT 1", "ddl"},
             row{"ALTER TABLE t ADD b int", "ddl"},
             row{"GRANT SELECT ON t TO a", "ddl"},
         }) {
        const statement_facts facts = understand(text);
        ASSERT_THAT(facts.statements, testing::SizeIs(1)) << text;
        EXPECT_EQ(name_of(facts.statements.front()), name) << text;
    }
    EXPECT_THAT(understand("BEGIN; SELECT 1;; COMMIT").statements,
                ElementsAre(statement_class::begin, statement_class::select, statement_class::commit));
}

TEST(understand, relations) {
    struct row {
        const char* text;
        const char* reads;
        const char* writes;
    };
    for (const auto& [text, reads, writes] : {
             row{"SELECT * FROM A, \"B\", c.D x JOIN e USING (i)", "B a e c.d", ""},
             row{"SELECT (SELECT 1 FROM a), EXISTS (SELECT FROM b) WHERE 1 IN (SELECT 2 FROM c)", "a b c", ""},
             row{"SELECT 1 FROM a UNION (SELECT 1 FROM b EXCEPT SELECT 1 FROM c)", "a b c", ""},
             row{"SELECT * FROM ONLY a, LATERAL (SELECT * FROM b) c, generate_series(1, 2), ROWS FROM (f())", "a b",
                 ""},
             row{"WITH a AS (SELECT * FROM b) SELECT * FROM a, s.a", "b s.a", ""},
             row{"WITH a AS (SELECT * FROM a) SELECT * FROM a", "a", ""},
             row{"WITH RECURSIVE a AS (SELECT * FROM a) SELECT * FROM a", "", ""},
             row{"WITH a AS (SELECT * FROM b), b AS (SELECT * FROM a) SELECT * FROM b", "b", ""},
             row{"SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) x, a", "a", ""},
             row{"WITH a AS (SELECT 1) SELECT * FROM (WITH b AS (SELECT * FROM a) SELECT * FROM b) x, b", "b", ""},
             row{"WITH a AS (SELECT 1) SELECT 1 FROM a UNION SELECT 1 FROM a", "", ""},
             row{"INSERT INTO a SELECT * FROM b", "b", "a"},
             row{"INSERT INTO a WITH a AS (SELECT 1) SELECT * FROM a", "", "a"},
             row{"WITH a AS (SELECT 1) UPDATE a SET x = (SELECT 1 FROM b) FROM a y, c", "b c", "a"},
             row{"DELETE FROM a USING a b WHERE true RETURNING (SELECT 1 FROM c)", "a c", "a"},
             row{"MERGE INTO a USING b ON true WHEN NOT MATCHED THEN INSERT VALUES ((SELECT 1 FROM c))", "b c", "a"},
             row{"WITH a AS (INSERT INTO b VALUES (1) RETURNING *) SELECT * FROM a, c", "c", "b"},
             row{"EXPLAIN ANALYZE DELETE FROM a WHERE x IN (SELECT 1 FROM b)", "b", "a"},
             row{"COPY a FROM STDIN", "", "a"},
             row{"COPY a TO STDOUT", "a", ""},
             row{"COPY (SELECT * FROM a) TO STDOUT", "a", ""},
             row{"TRUNCATE a, s.b CASCADE", "", "a s.b"},
             row{"SELECT * INTO a FROM b", "b", "a"},
             row{"CREATE TABLE a AS SELECT * FROM b", "b", "a"},
             row{"CREATE VIEW a AS SELECT * FROM b", "b", "a"},
             row{"REFRESH MATERIALIZED VIEW a", "", "a"},
             row{"ALTER TABLE a ADD FOREIGN KEY (x) REFERENCES b", "", "a b"},
             row{"DROP TABLE a, s.b", "", "a s.b"},
             row{"DROP FUNCTION f(int)", "", ""},
             row{"LOCK TABLE a", "", ""},
             row{"SELECT * FROM a FOR UPDATE OF b", "a", ""},
             row{"PREPARE p AS SELECT * FROM a", "a", ""},
             row{"BEGIN; INSERT INTO a VALUES (1); SELECT * FROM b; COMMIT", "b", "a"},
         }) {
        const statement_facts facts = understand(text);
        EXPECT_TRUE(facts.understood()) << text;
        EXPECT_EQ(listed(facts.reads), reads) << text;
        EXPECT_EQ(listed(facts.writes), writes) << text;
    }
}

TEST(understand, what_is_done_to_rows) {
    using enum row_event;
    struct row {
        const char* text;
        row_event events;
    };
    for (const auto& [text, events] : {
             row{"SELECT * FROM a FOR UPDATE", none},
             row{"INSERT INTO a VALUES (1)", insert},
             row{"INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING", insert},
             row{"INSERT INTO a VALUES (1) ON CONFLICT (b) DO UPDATE SET b = 2", insert | update},
             row{"UPDATE a SET b = 1", update},
             row{"DELETE FROM a", delete_},
             row{"MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", insert | update | delete_},
             row{"TRUNCATE a", truncate},
             row{"COPY a FROM STDIN", insert},
             row{"COPY a TO STDOUT", none},
             row{"COPY (DELETE FROM a RETURNING *) TO STDOUT", delete_},
             row{"WITH a AS (DELETE FROM b RETURNING *) INSERT INTO c SELECT * FROM a", insert | delete_},
             row{"EXPLAIN ANALYZE UPDATE a SET b = 1", update},
             row{"PREPARE a AS DELETE FROM b", delete_},
             row{"REFRESH MATERIALIZED VIEW a", none},
         })
        EXPECT_EQ(understand(text).events, events) << text;
}

TEST(understand, functions_operators_types_and_fields) {
    const statement_facts facts = understand(
        "SELECT F(x), s.g(1) OVER (ORDER BY h()), count(*) FILTER (WHERE i(x)), EXTRACT(year FROM d), x AT TIME ZONE "
        "'u',"
        " a + b, c OPERATOR(s.-) d, e LIKE 'x', f BETWEEN 1 AND 2, g IN (SELECT 1), h::int, CAST(i AS s.t[]),"
        " date '2020-01-01', t.col, (u).f, v.*, COALESCE(w, 1) FROM j(1) ORDER BY k USING >>");
    EXPECT_EQ(listed(facts.functions), "count f h i j pg_catalog.extract pg_catalog.timezone s.g");
    EXPECT_EQ(listed(facts.operators), "+ <= = >= >> ~~ s.-");
    EXPECT_EQ(listed(facts.types), "date pg_catalog.int4 s.t");
    EXPECT_THAT(facts.fields, ElementsAre("col", "f"));
    EXPECT_EQ(facts.reasons, reason::none);

    EXPECT_EQ(listed(understand("SELECT * FROM a JOIN b USING (x)").operators), "=");
    EXPECT_EQ(listed(understand("SELECT * FROM a NATURAL JOIN b").operators), "=");
    EXPECT_EQ(listed(understand("SELECT CASE a WHEN b THEN c END").operators), "=");
    EXPECT_EQ(listed(understand("SELECT CASE WHEN b THEN c END").operators), "");
    EXPECT_EQ(listed(understand("CALL s.p(f(1))").functions), "f s.p");
}

TEST(understand, reasons) {
    struct row {
        const char* text;
        const char* codes;
    };
    for (const auto& [text, wanted] : {
             row{"SELECT a, lower(b), CURRENT_USER, 'today''s' || 'known' FROM t WHERE c = $1 ORDER BY d LIMIT 5",
                 "time_literal"},
             row{"SELECT a, lower(b), CURRENT_USER, 'nowhere' FROM t WHERE c = $1 ORDER BY d LIMIT 5", ""},
             row{"VALUES (1)", ""},
             row{"", "empty"},
             row{" -- nothing\n;;", "empty"},
             row{"SELEC 1", "unparsed"},
             row{"SELECT 'a", "unparsed"},
             row{"SELECT 1; SELECT 2", "multi_statement"},
             row{"SELECT 1; SET x = 1", "multi_statement not_a_select"},
             row{"INSERT INTO t VALUES (1)", "not_a_select"},
             row{"EXPLAIN SELECT 1", "not_a_select"},
             row{"WITH a AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM a", "writes_in_cte"},
             row{"SELECT * INTO t FROM s", "select_into"},
             row{"SELECT * FROM t FOR UPDATE", "locks_rows"},
             row{"SELECT * FROM (SELECT * FROM t FOR KEY SHARE SKIP LOCKED) x", "locks_rows"},
             row{"SELECT CURRENT_TIMESTAMP", "clock_value"},
             row{"SELECT LOCALTIME(3)", "clock_value"},
             row{"SELECT CURRENT_CATALOG, SESSION_USER, CURRENT_SCHEMA", ""},
             row{"SELECT 'now'::timestamptz", "time_literal"},
             row{"SELECT date E'to\\x64ay'", "time_literal"},
             row{"SELECT 'to'\n'day'", "time_literal"},
             row{"SELECT $$tomorrow 04:00$$", "time_literal"},
             row{"SELECT (a->>'due')::timestamptz FROM t", "time_literal"},
             row{"SELECT CAST(a #>> '{b}' AS date) FROM t", "time_literal"},
             row{"SELECT ('n' || 'ow')::timestamp", "time_literal"},
             row{"SELECT pg_catalog.reverse('won')::time", "time_literal"},
             row{"SELECT (a::text)::date FROM t", "time_literal"},
             row{"SELECT date('to' || a) FROM t", "time_literal"},
             row{"SELECT coalesce(nullif(a->>'b', ''), c)::date FROM t", "time_literal"},
             row{"SELECT CASE WHEN a THEN lower(b) END::date FROM t", "time_literal"},
             row{"SELECT ARRAY[a->>'b']::date[] FROM t", "time_literal"},
             row{"SELECT * FROM xmltable('/r' PASSING a COLUMNS b date)", "time_literal"},
             row{"SELECT a::date, date_trunc('day', a)::date, '2026-01-01'::text::date, (a->>'b')::int FROM t", ""},
             row{"SELECT * FROM t TABLESAMPLE system (1)", "tablesample"},
             row{"SELECT ctid FROM t", "system_column"},
             row{"SELECT t.xmin, (t).tableoid FROM t", "system_column"},
             row{"SELECT * FROM pg_catalog.pg_class", "system_relation"},
             row{"SELECT * FROM pg_stat_activity", "system_relation"},
             row{"SELECT * FROM information_schema.tables", "system_relation"},
             row{"WITH pg_a AS (SELECT 1) SELECT * FROM pg_a", ""},
             row{"SELECT 't'::regclass", "catalog_cast"},
             row{"SELECT $1::pg_catalog.regproc", "catalog_cast"},
             row{"SELECT * FROM pg_temp.t", "temporary_relation"},
         })
        EXPECT_EQ(reasons_of(text), wanted) << text;
}

TEST(understand, what_else_is_known) {
    EXPECT_EQ(understand("SELECT $3, $1").parameters, 3U);
    EXPECT_TRUE(understand("SELECT user").names_role);
    EXPECT_FALSE(understand("SELECT current_schema").names_role);
    EXPECT_TRUE(understand("SELECT current_schema").names_schema);
    EXPECT_TRUE(understand("DECLARE a CURSOR WITH HOLD FOR SELECT 1").holds_cursor);
    EXPECT_FALSE(understand("DECLARE a CURSOR FOR SELECT 1").holds_cursor);
    for (const char* text : {"CREATE TEMP TABLE a (b int)", "CREATE TEMP TABLE a AS SELECT 1", "SELECT 1 INTO TEMP a",
                             "CREATE TEMP VIEW a AS SELECT 1", "CREATE TEMP SEQUENCE a", "CREATE TABLE pg_temp.a ()"})
        EXPECT_TRUE(understand(text).creates_temporary) << text;
    for (const char* text : {"CREATE TEMP TABLE a (b int) ON COMMIT DROP", "CREATE TABLE a (b int)",
                             "SELECT 1 FROM temp", "CREATE TEMP TABLE a ON COMMIT DROP AS SELECT 1"})
        EXPECT_FALSE(understand(text).creates_temporary) << text;
    for (const char* text : {"DO 'x'", "CALL p()", "EXECUTE a", "EXPLAIN ANALYZE EXECUTE a", "DROP TABLE a CASCADE",
                             "CREATE TABLE a AS EXECUTE b", "COMMIT PREPARED 'a'", "what is this"})
        EXPECT_TRUE(understand(text).writes_more) << text;
    for (const char* text : {"SELECT f()", "UPDATE t SET a = 1", "COMMIT", "SET x = 1"})
        EXPECT_FALSE(understand(text).writes_more) << text;
}

TEST(understand, what_is_too_long_is_not_parsed) {
    const std::string longest = "SELECT '" + std::string(max_understood_bytes - 9, 'x') + "'";
    EXPECT_EQ(reasons_of(longest), "");
    EXPECT_EQ(reasons_of(longest + " "), "too_long");
    EXPECT_EQ(reasons_of(std::string_view("SELECT 1\0, 2", 12)), "unparsed");
}

TEST(understand, what_is_too_deep_is_not_parsed) {
    struct row {
        const char* begin;
        const char* opening;
        const char* middle;
        const char* closing;
    };
    for (const auto& [begin, opening, middle, closing] : {
             row{"SELECT ", "(", "1", ")"},
             row{"SELECT ", "- ", "a", ""},
             row{"SELECT ", "NOT ", "a", ""},
             row{"SELECT a", " + 1", "", ""},
             row{"SELECT a", "::int", "", ""},
             row{"SELECT a", " COLLATE c", "", ""},
             row{"SELECT a", " AT TIME ZONE c", "", ""},
             row{"SELECT a", " OPERATOR(s.+) b", "", ""},
             row{"SELECT 1", " UNION SELECT 1", "", ""},
             row{"SELECT 1, 2", " EXCEPT SELECT 1, 2", "", ""},
             row{"SELECT 1 FROM a", " JOIN a ON b AND c", "", ""},
             row{"SELECT 1 FROM a", " JOIN a", "", " ON b AND c"},
             row{"", "SELECT a OR b AND EXISTS (", "SELECT 1", ")"},
             row{"", "SELECT 1 ORDER BY a OR b AND EXISTS (", "SELECT 1", ")"},
             row{"", "SELECT * FROM (", "SELECT 1", ") x"},
             row{"", "WITH a AS (", "SELECT 1", ") SELECT 1"},
             row{"", "WITH a AS (INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET (a) = (", "SELECT 1",
                 ")) SELECT 1"},
             row{"SELECT ", "a IN (SELECT ", "1", ")"},
             row{"SELECT ", "f(", "1", ")"},
             row{"SELECT ", "ARRAY[", "1", "]"},
             row{"SELECT ", "a[", "1", "]"},
             row{"SELECT ", "CASE WHEN a THEN b ELSE ", "1", " END"},
             row{"SELECT ", "CASE WHEN a.end AND b OR ", "1", " THEN 1 END"},
             row{"SELECT ", "- CASE WHEN a AND - ", "1", " THEN 1 END"},
             row{"SELECT ", "NOT a BETWEEN b AND ", "c", ""},
             row{"SELECT ", "NOT a SIMILAR TO ", "c", ""},
             row{"SELECT ", "f(a) OVER (PARTITION BY ", "1", ")"},
             row{"SELECT ", "XMLELEMENT(NAME a, XMLATTRIBUTES(", "1", " AS b))"},
         }) {
        const auto text = [&](std::size_t levels) {
            return begin + repeated(opening, levels) + middle + repeated(closing, levels);
        };
        std::size_t deepest = 0;
        for (std::size_t levels = 1; levels < 5000 && text(levels).size() <= max_understood_bytes;
             levels += levels / 3 + 1) {
            const reason why = understand(text(levels)).reasons;
            if (why == reason::too_deep) break;
            deepest = levels;
            ASSERT_FALSE(has(why, reason::unparsed)) << text(levels);
            ASSERT_EQ(test::broken_depth_rule(text(levels)), "") << text(levels);
        }
        EXPECT_GT(deepest, 100U) << opening;
        EXPECT_EQ(reasons_of(text(5000)), text(5000).size() > max_understood_bytes ? "too_long" : "too_deep")
            << opening;
    }
    // What only looks deep.
    EXPECT_EQ(reasons_of("SELECT 1 WHERE a = 1" + repeated(" OR a = 1 AND b <> 2", 3000)), "");
    EXPECT_EQ(reasons_of("SELECT 1" + repeated(", a + 1", 9000)), "");
    EXPECT_EQ(reasons_of("INSERT INTO t VALUES (1)" + repeated(", (f(1), -1)", 5000)), "not_a_select");
    EXPECT_EQ(reasons_of("SELECT 1" + repeated("; SELECT - 1", 5000)), "multi_statement");
}

TEST(understand, reasons_are_described) {
    EXPECT_EQ(describe(reason::none), nullptr);
    EXPECT_EQ(describe(reason::not_a_select | reason::unparsed)->code, "unparsed");
    for (unsigned bit = 0; bit <= 26; ++bit) EXPECT_NE(describe(static_cast<reason>(1U << bit)), nullptr) << bit;
}

TEST(understand, facts_are_measured) {
    const statement_facts few = understand("SELECT 1");
    const statement_facts many = understand("SELECT a_long_name_of_a_function(1) FROM a_long_name_of_a_relation");
    EXPECT_GE(bytes_of(few), sizeof(statement_facts));
    EXPECT_GE(bytes_of(many), bytes_of(few) + 2 * sizeof(qualified_name) + 50);
}

}  // namespace

}  // namespace pgweir::sql

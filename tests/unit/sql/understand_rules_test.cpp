#include "sql/understand_rules.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace pgweir::test {

namespace {

constexpr std::array pieces{
    "SELECT ",
    "INSERT INTO t ",
    "UPDATE t SET a = ",
    "DELETE FROM t ",
    "WITH a AS (",
    "VALUES (",
    "FROM t ",
    "WHERE ",
    "a ",
    "t.b ",
    "f(",
    "set_config('a', ",
    "nextval('s') ",
    "(",
    ") ",
    ", ",
    "1 ",
    "2.5 ",
    "99999999999 ",
    "'x' ",
    "'now' ",
    "E'to\\x64ay' ",
    "'a'\n'b' ",
    "U&'x' ",
    "$$d$$ ",
    "$1 ",
    "float(",
    "::int ",
    "::regclass ",
    "+ ",
    "- ",
    "= ",
    "NOT ",
    "AND ",
    "OR ",
    "BETWEEN ",
    "CASE WHEN ",
    "THEN ",
    "ELSE ",
    "END ",
    "UNION ",
    "JOIN u ON ",
    "LIMIT ",
    "FOR UPDATE ",
    "INTO TEMP x ",
    "; ",
    "SET x = ",
    "SET LOCAL x = ",
    "RESET x ",
    "BEGIN ",
    "COMMIT ",
    "PREPARE p AS ",
    "EXECUTE p ",
    "CREATE TEMP TABLE t AS ",
    "/* c */ ",
    "-- d\n",
    "1.",
    "..",
    "'",
    "\"q\" ",
    "\v",
    "date ",
    "interval ",
    "AT TIME ZONE ",
    "UESCAPE ",
    "ON COMMIT DROP ",
    "pg_temp.",
    "ctid ",
};

// Few of these parse, and those that do are short: the fuzz target goes on from here.
TEST(understanding, rules_hold_for_random_texts) {
    std::mt19937 random(20);
    std::size_t understood = 0;
    for (int i = 0; i < 30000; ++i) {
        std::string text = random() % 4 == 0 ? "" : "SELECT ";
        for (std::size_t length = random() % 9; length > 0; --length) text += pieces[random() % pieces.size()];
        ASSERT_EQ(broken_understanding_rule(text), "") << text;
        if (sql::understand(text).understood()) ++understood;
    }
    EXPECT_GT(understood, 1000U);
}

TEST(understanding, rules_hold_for_texts_that_have_been_wrong) {
    for (const char* text : {
             "SELECT 'to'\n'day'",
             "SELECT set_config('a'\n'b', 'c', false)",
             "SELECT set_config('search_path', 'pg_'\n'temp', true)",
             "EXPLAIN ANALYZE EXECUTE a",
             "CREATE TABLE a AS EXECUTE b",
             "SELECT 1..2",
             "SELECT 1.2.3",
             "SELECT \"PG_ADVISORY_LOCK\"(1)",
             "SELECT U&\"a\" $$b$$, U&'c', u&d, U&\"\"\"\"$$e$$",
             "SET SESSION AUTHORIZATION DEFAULT",
             "SET TRANSACTION SNAPSHOT 'a'",
             "RESET TRANSACTION ISOLATION LEVEL",
             "SET LOCAL x TO DEFAULT",
             "SET seed TO 0.5",
             "DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT 1",
             "CREATE SCHEMA s CREATE TEMP TABLE t (a int)",
             "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END",
             "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM u; NOTIFY v)",
         })
        EXPECT_EQ(broken_understanding_rule(text), "") << text;
}

}  // namespace

}  // namespace pgweir::test

#include <gtest/gtest.h>

#include "catalog/schema_lab.hpp"

namespace pgweir::catalog {
namespace {

using test::schema_lab;
using link_kind = schema_rows::link_kind;

// Events of pg_trigger.tgtype.
constexpr unsigned on_insert = 4;
constexpr unsigned on_delete = 8;
constexpr unsigned on_update = 16;

class schema_map_writes : public testing::Test {
protected:
    schema_lab lab_;
};

TEST_F(schema_map_writes, targets) {
    lab_.table("a");
    lab_.table("b");
    lab_.relation("a", {.schema = "s"});
    struct row {
        const char* text;
        const char* written;
    };
    for (const auto& [text, written] : {
             row{"INSERT INTO a VALUES (1)", "a"},
             row{"UPDATE a SET x = 1 FROM b", "a"},
             row{"DELETE FROM s.a", "s.a"},
             row{"MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", "a"},
             row{"COPY a FROM STDIN", "a"},
             row{"TRUNCATE a, b", "a b"},
             row{"WITH d AS (DELETE FROM a RETURNING *) SELECT * FROM d", "a"},
             row{"WITH d AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM d", "a b"},
             row{"EXPLAIN ANALYZE DELETE FROM a", "a"},
             row{"PREPARE p AS DELETE FROM a", "a"},
             row{"BEGIN; DELETE FROM a; SELECT 1; INSERT INTO b VALUES (1); COMMIT", "a b"},
             row{"INSERT INTO c VALUES (1)", "everything"},
             row{"INSERT INTO pg_class VALUES (1)", "everything"},
             row{"SELECT * INTO c FROM a", "everything"},
         })
        EXPECT_EQ(lab_.writes(text), written) << text;
    EXPECT_EQ(lab_.writes("DELETE FROM a", {"s", "public"}), "a s.a");
    EXPECT_EQ(lab_.writes("DELETE FROM a", {}), "everything");
}

TEST_F(schema_map_writes, what_writes_no_table) {
    lab_.table("a");
    for (const char* text : {"SELECT * FROM a",
                             "SELECT 1",
                             "SELECT lower('x')",
                             "SELECT random(), nextval('x')",
                             "BEGIN",
                             "COMMIT",
                             "ROLLBACK",
                             "SAVEPOINT s",
                             "SET x = 1",
                             "SHOW x",
                             "RESET ALL",
                             "DISCARD ALL",
                             "LOCK a",
                             "LISTEN c",
                             "NOTIFY c",
                             "VACUUM a",
                             "ANALYZE",
                             "COPY a TO STDOUT",
                             "DECLARE c CURSOR FOR SELECT * FROM a",
                             "FETCH c",
                             "CLOSE c",
                             "PREPARE TRANSACTION 'x'",
                             "ROLLBACK PREPARED 'x'",
                             "DEALLOCATE p",
                             "SELECT * FROM pg_class",
                             ""})
        EXPECT_EQ(lab_.writes(text), "") << text;
}

TEST_F(schema_map_writes, behind_a_foreign_table_may_stand_any) {
    lab_.relation("far", {.kind = 'f'});
    EXPECT_EQ(lab_.writes("UPDATE far SET a = 1"), "everything");
    EXPECT_EQ(lab_.writes("SELECT * FROM far"), "");
}

TEST_F(schema_map_writes, what_may_write_anything) {
    lab_.table("a");
    for (const char* text :
         {"CALL p()", "DO 'x'", "EXECUTE p", "EXPLAIN ANALYZE EXECUTE p", "LOAD 'x'", "COMMIT PREPARED 'x'",
          "CREATE TABLE c ()", "ALTER TABLE a ADD b int", "DROP TABLE a", "GRANT SELECT ON a TO b", "REINDEX TABLE a",
          "SELECT no_such_function()", "SELECT 1 ### 2", "SELECT pg_import_system_collations(1)", "not understood"})
        EXPECT_EQ(lab_.writes(text), "everything") << text;
}

class keys : public schema_map_writes {
protected:
    keys() {
        parent_ = lab_.table("parent");
        child_ = lab_.table("child");
        grandchild_ = lab_.table("grandchild");
    }
    relation_id parent_, child_, grandchild_;
};

TEST_F(keys, actions) {
    struct row {
        const char* actions;
        const char* by_update;
        const char* by_delete;
    };
    for (const auto& [actions, by_update, by_delete] : {
             row{"aa", "parent", "parent"},
             row{"rr", "parent", "parent"},
             row{"ca", "child parent", "parent"},
             row{"ac", "parent", "child parent"},
             row{"nd", "child parent", "child parent"},
         }) {
        schema_lab lab;
        const auto parent = lab.table("parent");
        lab.key(lab.table("child"), parent, actions);
        EXPECT_EQ(lab.writes("UPDATE parent SET x = 1"), by_update) << actions;
        EXPECT_EQ(lab.writes("DELETE FROM parent"), by_delete) << actions;
        EXPECT_EQ(lab.writes("INSERT INTO parent VALUES (1)"), "parent") << actions;
        EXPECT_EQ(lab.writes("INSERT INTO parent VALUES (1) ON CONFLICT (x) DO UPDATE SET x = 2"), by_update);
        EXPECT_EQ(lab.writes("TRUNCATE parent CASCADE"), "child parent") << actions;
        EXPECT_EQ(lab.writes("DELETE FROM child"), "child") << actions;
    }
}

TEST_F(keys, what_an_action_does_leads_on) {
    lab_.key(child_, parent_, "ac");
    lab_.key(grandchild_, child_, "an");
    lab_.key(lab_.table("more"), grandchild_, "ca");
    EXPECT_EQ(lab_.writes("DELETE FROM parent"), "child grandchild more parent") << "SET NULL is an update";
    EXPECT_EQ(lab_.writes("UPDATE parent SET x = 1"), "parent");
}

TEST_F(keys, circles_end) {
    lab_.key(child_, parent_, "cc");
    lab_.key(parent_, child_, "cc");
    lab_.key(parent_, parent_, "cc");
    EXPECT_EQ(lab_.writes("DELETE FROM parent"), "child parent");
    EXPECT_EQ(lab_.writes("UPDATE child SET x = 1"), "child parent");
}

TEST_F(keys, a_later_event_is_followed_too) {
    // The child is updated by one way, and deleted by a longer one.
    lab_.key(child_, parent_, "an");
    lab_.key(grandchild_, parent_, "ac");
    lab_.key(child_, grandchild_, "ac");
    lab_.key(lab_.table("last"), child_, "ac");
    EXPECT_EQ(lab_.writes("DELETE FROM parent"), "child grandchild last parent");
}

TEST_F(keys, an_update_of_partitions_may_delete) {
    lab_.key(child_, parent_, "ac");
    lab_.link(link_kind::inherits, lab_.table("part"), parent_);
    EXPECT_EQ(lab_.writes("UPDATE part SET x = 1"), "child parent");
}

TEST_F(keys, a_trigger_on_the_way) {
    lab_.key(child_, parent_, "ac");
    lab_.trigger(child_, lab_.writer("audit"), on_delete);
    EXPECT_EQ(lab_.writes("DELETE FROM parent"), "everything");
    EXPECT_EQ(lab_.writes("UPDATE child SET x = 1"), "child");
}

TEST_F(schema_map_writes, partitions_are_one) {
    const auto root = lab_.table("root");
    const auto leaf = lab_.table("leaf");
    lab_.link(link_kind::inherits, leaf, root);
    lab_.trigger(leaf, lab_.writer("audit"), on_delete);
    EXPECT_EQ(lab_.writes("INSERT INTO leaf VALUES (1)"), "root");
    EXPECT_EQ(lab_.writes("DELETE FROM root"), "everything");
    EXPECT_EQ(lab_.writes("UPDATE root SET x = 1"), "everything") << "a row that moves is deleted";
}

TEST_F(schema_map_writes, triggers) {
    const auto a = lab_.table("a");
    lab_.trigger(a, lab_.block("touch", "BEGIN NEW.at := now(); RETURN NEW; END"), on_insert | on_update);
    lab_.trigger(a, lab_.writer("audit"), on_delete);
    const auto b = lab_.table("b");
    lab_.trigger(b, lab_.compiled("moddatetime", 'v'), on_update);
    const auto c = lab_.table("c");
    lab_.trigger(c, lab_.compiled("not_known", 'v'), on_update);
    const auto d = lab_.table("d");
    lab_.trigger(d, 99999, on_update);
    EXPECT_EQ(lab_.writes("INSERT INTO a VALUES (1)"), "a");
    EXPECT_EQ(lab_.writes("UPDATE a SET x = 1"), "a");
    EXPECT_EQ(lab_.writes("DELETE FROM a"), "everything");
    EXPECT_EQ(lab_.writes("COPY a FROM STDIN"), "a");
    EXPECT_EQ(lab_.writes("TRUNCATE a"), "a");
    EXPECT_EQ(lab_.writes("UPDATE b SET x = 1"), "b");
    EXPECT_EQ(lab_.writes("UPDATE c SET x = 1"), "everything");
    EXPECT_EQ(lab_.writes("UPDATE d SET x = 1"), "everything") << "its function was not read";
}

TEST_F(schema_map_writes, defaults_constraints_and_indexes) {
    const auto a = lab_.table("a");
    const auto b = lab_.table("b");
    lab_.link(link_kind::calls, a, lab_.writer("writes"));
    lab_.link(link_kind::calls, b, lab_.block("reads", "BEGIN RETURN 1; END"));
    EXPECT_EQ(lab_.writes("INSERT INTO a VALUES (1)"), "everything");
    EXPECT_EQ(lab_.writes("UPDATE a SET x = 1"), "everything");
    EXPECT_EQ(lab_.writes("DELETE FROM a"), "a");
    EXPECT_EQ(lab_.writes("INSERT INTO b VALUES (1)"), "b");
    EXPECT_EQ(lab_.writes("VACUUM"), "");
}

TEST_F(schema_map_writes, maintenance_evaluates_indexes) {
    lab_.link(link_kind::analyzes, lab_.table("a"), lab_.writer("writes"));
    EXPECT_EQ(lab_.writes("ANALYZE"), "everything");
    EXPECT_EQ(lab_.writes("COMMIT"), "");
}

TEST_F(schema_map_writes, rules) {
    lab_.relation("a", {.rules = true});
    EXPECT_EQ(lab_.writes("DELETE FROM a"), "everything");
}

TEST_F(schema_map_writes, views) {
    const auto a = lab_.table("a");
    const auto b = lab_.table("b");
    lab_.key(b, a, "ac");
    const auto v = lab_.view("v", {a}, "SELECT * FROM a");
    lab_.view("w", {v}, "SELECT * FROM v");
    const auto triggered = lab_.view("triggered", {a}, "SELECT * FROM a");
    lab_.trigger(triggered, lab_.block("instead", "BEGIN RETURN NULL; END"), on_insert);
    lab_.view("above_triggered", {triggered}, "SELECT * FROM triggered");
    lab_.view("ruled", {a}, "SELECT * FROM a", {.kind = 'v', .rules = true});
    EXPECT_EQ(lab_.writes("UPDATE v SET x = 1"), "a");
    EXPECT_EQ(lab_.writes("DELETE FROM w"), "a b");
    for (const char* name : {"triggered", "above_triggered", "ruled"})
        EXPECT_EQ(lab_.writes("INSERT INTO " + std::string(name) + " VALUES (1)"), "everything") << name;
}

TEST_F(schema_map_writes, materialized_views) {
    const auto a = lab_.table("a");
    lab_.view("m", {a}, "SELECT * FROM a", {.kind = 'm'});
    lab_.writer("writes");
    const auto n = lab_.view("n", {a}, "SELECT writes() FROM a", {.kind = 'm'});
    lab_.view("above", {n}, "SELECT * FROM n");
    EXPECT_EQ(lab_.writes("REFRESH MATERIALIZED VIEW m"), "m");
    EXPECT_EQ(lab_.writes("REFRESH MATERIALIZED VIEW n"), "everything");
    EXPECT_EQ(lab_.writes("SELECT * FROM n, above"), "");
}

TEST_F(schema_map_writes, functions) {
    lab_.table("a");
    lab_.writer("writes");
    lab_.function("calls", {.volatility = 's', .language = "sql", .body = "SELECT writes()"});
    lab_.block("calls_calls", "BEGIN PERFORM \"calls\"(); END");
    lab_.block("dynamic", "BEGIN EXECUTE what; END");
    lab_.function("other_language", {.language = "plpython3u", .body = {}});
    lab_.function("too_long", {.body = {}});
    lab_.block("reads", "BEGIN RETURN (SELECT max(x) FROM a); END");
    lab_.block("sends", "BEGIN PERFORM pg_notify('a', 'writes'); END");
    lab_.function("of_a_row", {.takes_row = true, .body = "BEGIN INSERT INTO t VALUES (1); END"});
    for (const char* name : {"writes", "calls", "calls_calls", "dynamic", "other_language", "too_long"})
        EXPECT_EQ(lab_.writes("SELECT " + std::string(name) + "()"), "everything") << name;
    for (const char* name : {"reads", "sends", "random"})
        EXPECT_EQ(lab_.writes("SELECT " + std::string(name) + "()"), "") << name;
    EXPECT_EQ(lab_.writes("SELECT x.of_a_row FROM a x"), "everything");
    EXPECT_EQ(lab_.writes("SELECT x.writes FROM a x"), "");
    EXPECT_EQ(lab_.writes("UPDATE a SET x = calls()"), "everything");
    EXPECT_EQ(lab_.writes("DECLARE c CURSOR FOR SELECT calls()"), "everything");
    EXPECT_EQ(lab_.writes("EXPLAIN ANALYZE SELECT calls()"), "everything");
}

TEST_F(schema_map_writes, compiled_functions) {
    lab_.compiled("trusted", 's');
    lab_.compiled("dblink_exec", 'v');
    lab_.compiled("uuid_generate_v4", 'v');
    lab_.compiled("gen_random_bytes", 'v', false);
    EXPECT_EQ(lab_.writes("SELECT trusted(), uuid_generate_v4()"), "");
    EXPECT_EQ(lab_.writes("SELECT dblink_exec('x')"), "everything");
    EXPECT_EQ(lab_.writes("SELECT gen_random_bytes(1)"), "everything") << "only its name is known";
}

TEST_F(schema_map_writes, aggregates_and_recorded_calls) {
    const auto writes = lab_.writer("writes");
    const auto sums = lab_.function("sums", {.kind = 'a', .language = "internal", .body = {}});
    const auto atomic = lab_.function("atomic", {.language = "sql", .body = "RETURN 1"});
    lab_.link(link_kind::component, sums, writes);
    lab_.link(link_kind::routine, atomic, writes);
    EXPECT_EQ(lab_.writes("SELECT sums(1)"), "everything");
    EXPECT_EQ(lab_.writes("SELECT atomic()"), "everything");
}

TEST_F(schema_map_writes, reading_a_view_may_write) {
    lab_.writer("writes");
    const auto v = lab_.view("v", {}, "SELECT public.writes()");
    lab_.view("w", {v}, "SELECT * FROM v");
    lab_.view("unread", {}, nullptr);
    lab_.block("reads_view", "BEGIN RETURN (SELECT x FROM w); END");
    for (const char* text : {"SELECT * FROM v", "SELECT * FROM w", "SELECT * FROM unread", "SELECT reads_view()",
                             "COPY w TO STDOUT", "SELECT * FROM not_known"})
        EXPECT_EQ(lab_.writes(text), "everything") << text;
}

TEST_F(schema_map_writes, reading_under_a_policy_may_write) {
    const auto a = lab_.relation("a", {.row_security = true});
    lab_.link(link_kind::watches, a, lab_.writer("writes"));
    lab_.view("v", {a}, "SELECT * FROM a");
    lab_.block("reads_a", "BEGIN RETURN (SELECT x FROM a); END");
    for (const char* text : {"SELECT * FROM a", "SELECT * FROM v", "SELECT reads_a()", "DELETE FROM a"})
        EXPECT_EQ(lab_.writes(text), "everything") << text;
}

TEST_F(schema_map_writes, where_nothing_can_write_what_is_not_known_does_not) {
    lab_.view("unread", {}, nullptr);
    const auto a = lab_.table("a");
    // None of these can be called by a query.
    lab_.trigger(a, lab_.function("audit", {.callable = false, .body = "BEGIN DELETE FROM t; END"}), on_insert);
    lab_.function("proceeds", {.kind = 'p', .callable = false, .body = "BEGIN DELETE FROM t; END"});
    for (const char* text : {"SELECT * FROM not_known", "SELECT * FROM unread", "SELECT query_to_xml('x')",
                             "SELECT table_to_xml('x')", "INSERT INTO pg_temp.t VALUES (1)", "SELECT 'x'::not_known"})
        EXPECT_EQ(lab_.writes(text), "") << text;
    EXPECT_EQ(lab_.writes("INSERT INTO a VALUES (1)"), "everything");
}

TEST_F(schema_map_writes, where_something_can_write_what_is_not_known_may) {
    lab_.writer("writes");
    for (const char* text : {"SELECT * FROM not_known", "SELECT query_to_xml('x')", "SELECT table_to_xml('x')",
                             "INSERT INTO pg_temp.t VALUES (1)", "SELECT 'x'::not_known"})
        EXPECT_EQ(lab_.writes(text), "everything") << text;
}

TEST_F(schema_map_writes, what_no_text_shows) {
    lab_.table("a");
    lab_.link(link_kind::hidden, 0, lab_.writer("writes"));
    EXPECT_EQ(lab_.writes("SELECT * FROM a"), "everything");
    EXPECT_EQ(lab_.writes("INSERT INTO a VALUES (1)"), "everything");
    EXPECT_EQ(lab_.writes("COMMIT"), "");
    schema_lab other;
    other.link(link_kind::hidden, 0, other.compiled("input", 'v'));
    other.table("a");
    EXPECT_EQ(other.writes("SELECT * FROM a"), "") << "what an extension has for a type of its own";
}

TEST_F(schema_map_writes, operators) {
    lab_.operation("@", lab_.writer("writes"));
    EXPECT_EQ(lab_.writes("SELECT 1 @ 2"), "everything");
    EXPECT_EQ(lab_.writes("SELECT 1 + 2"), "");
}

}  // namespace
}  // namespace pgweir::catalog

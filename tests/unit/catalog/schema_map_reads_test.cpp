#include <gtest/gtest.h>

#include "catalog/schema_lab.hpp"

namespace pgweir::catalog {
namespace {

using test::schema_lab;
using link_kind = schema_rows::link_kind;

class schema_map_reads : public testing::Test {
protected:
    schema_lab lab_;
};

TEST_F(schema_map_reads, tables_of_a_statement) {
    lab_.table("a");
    lab_.table("b");
    EXPECT_EQ(lab_.reads("SELECT 1"), "");
    EXPECT_EQ(lab_.reads("SELECT * FROM a, b WHERE a.i = b.i"), "a b");
    EXPECT_EQ(lab_.reads("SELECT * FROM a UNION SELECT * FROM a"), "a");
    EXPECT_EQ(lab_.reads("SELECT * FROM a, c"), "no: unknown_relation");
    EXPECT_EQ(lab_.reads("SELECT * FROM a FOR UPDATE"), "no: locks_rows") << "what syntax tells stays";
    EXPECT_EQ(lab_.reads("what is this"), "no: unparsed");
}

TEST_F(schema_map_reads, a_name_without_a_schema_stands_for_all_in_the_path) {
    lab_.table("a");
    lab_.relation("a", {.schema = "s"});
    lab_.relation("b", {.schema = "s"});
    lab_.relation("tables", {.schema = "s"});
    EXPECT_EQ(lab_.reads("SELECT * FROM a"), "a");
    EXPECT_EQ(lab_.reads("SELECT * FROM a", {"s"}), "s.a");
    EXPECT_EQ(lab_.reads("SELECT * FROM a", {"s", "public"}), "a s.a") << "s may not be ours to use";
    EXPECT_EQ(lab_.reads("SELECT * FROM a", {"no such", "public", "pg_temp"}), "a");
    EXPECT_EQ(lab_.reads("SELECT * FROM public.a", {"s"}), "a");
    EXPECT_EQ(lab_.reads("SELECT * FROM b"), "no: unknown_relation");
    EXPECT_EQ(lab_.reads("SELECT * FROM no_such.a"), "no: unknown_relation");
    EXPECT_EQ(lab_.reads("SELECT * FROM tables", {"s"}), "s.tables");
    EXPECT_EQ(lab_.reads("SELECT * FROM tables", {"s", "information_schema"}), "no: system_relation");
    EXPECT_EQ(lab_.reads("SELECT * FROM pg_class", {}), "no: system_relation");
}

TEST_F(schema_map_reads, what_says_something_else_to_another_user) {
    const auto a = lab_.table("a");
    const auto mine = lab_.view("mine", {a}, "SELECT * FROM public.a WHERE owner = CURRENT_USER");
    const auto above = lab_.view("above", {mine}, "SELECT count(*) FROM public.mine");
    lab_.view("all_of_it", {a}, "SELECT * FROM public.a");
    lab_.view("kept", {above}, "SELECT * FROM public.above", {.kind = 'm'});
    lab_.view("of_kept", {lab_.relation("kept_too", {.kind = 'm'})}, "SELECT * FROM public.kept_too");
    const schema_lab::path path{"public"};
    const auto by_user = [&](const char* text) { return lab_.map().reads_of(sql::understand(text), {path}).by_user; };
    for (const char* text : {"SELECT * FROM a", "SELECT * FROM all_of_it", "SELECT * FROM kept",
                             "SELECT * FROM of_kept", "SELECT 'current_user' FROM a"})
        EXPECT_FALSE(by_user(text)) << text;
    for (const char* text :
         {"SELECT * FROM mine", "SELECT * FROM above", "SELECT * FROM a, above",
          "SELECT * FROM a WHERE owner = SESSION_USER", "SELECT current_schema FROM a", "SELECT user"})
        EXPECT_TRUE(by_user(text)) << text;
}

TEST_F(schema_map_reads, what_may_be_another_function_to_another_user) {
    lab_.table("a");
    lab_.compiled("lower", 'i');
    lab_.operation("=", lab_.compiled("same", 'i'));
    const auto by_user = [&](const char* text, const schema_lab::path& path) {
        return lab_.map().reads_of(sql::understand(text), {path}).by_user;
    };
    for (const char* text : {"SELECT lower(b) FROM public.a", "SELECT * FROM public.a WHERE i = 1",
                             "SELECT public.same(b) FROM public.a"}) {
        EXPECT_TRUE(by_user(text, {"public"})) << text;
        EXPECT_EQ(by_user(text, {"s"}), std::string(text).find("public.same") != std::string::npos) << text;
    }
    for (const char* text : {"SELECT pg_catalog.lower(b) FROM public.a", "SELECT i + 1 FROM public.a"})
        EXPECT_FALSE(by_user(text, {"public"})) << text;
}

TEST_F(schema_map_reads, schemas_with_something_in_them) {
    lab_.relation("a", {.schema = "s"});
    for (const char* name : {"s", "pg_catalog"}) EXPECT_TRUE(lab_.map().has_schema(name)) << name;
    for (const char* name : {"S", "", "alice"}) EXPECT_FALSE(lab_.map().has_schema(name)) << name;
}

TEST_F(schema_map_reads, all_partitions_are_one) {
    const auto root = lab_.table("root");
    const auto part = lab_.relation("part", {.kind = 'p'});
    const auto leaf = lab_.table("leaf");
    const auto other = lab_.table("other");
    lab_.link(link_kind::inherits, leaf, part);
    lab_.link(link_kind::inherits, part, root);
    for (const char* name : {"root", "part", "leaf"}) EXPECT_EQ(lab_.reads(std::string("TABLE ") + name), "root");
    EXPECT_EQ(lab_.reads("TABLE other"), "other");
    EXPECT_EQ(lab_.map().group_of(leaf), root);
    EXPECT_EQ(lab_.map().group_of(other), other);
    EXPECT_EQ(lab_.map().group_of(1), std::nullopt);
    EXPECT_EQ(lab_.map().relations_named({"", "leaf"}, {}), std::vector<relation_id>{});
    const schema_lab::path path{"public"};
    EXPECT_EQ(lab_.map().relations_named({"", "leaf"}, {path}), std::vector<relation_id>{root});
}

TEST_F(schema_map_reads, a_child_of_several_parents_joins_them) {
    const auto one = lab_.table("one");
    const auto two = lab_.table("two");
    const auto child = lab_.table("child");
    lab_.link(link_kind::inherits, child, two);
    lab_.link(link_kind::inherits, child, one);
    lab_.link(link_kind::inherits, 99999, one);  // of a temporary child nothing is read
    EXPECT_EQ(lab_.reads("TABLE two"), "one");
    EXPECT_EQ(lab_.reads("TABLE child"), "one");
}

TEST_F(schema_map_reads, relations_whose_rows_change_unseen) {
    lab_.relation("far", {.kind = 'f'});
    lab_.relation("scratch", {.persistence = 'u'});
    lab_.relation("numbers", {.kind = 'S'});
    lab_.relation("secret", {.row_security = true});
    const auto root = lab_.relation("root", {.kind = 'p'});
    const auto leaf = lab_.table("leaf");
    lab_.link(link_kind::inherits, leaf, root);
    lab_.link(link_kind::inherits, lab_.relation("far_leaf", {.kind = 'f'}), root);
    EXPECT_EQ(lab_.reads("TABLE far"), "no: foreign_relation");
    EXPECT_EQ(lab_.reads("TABLE scratch"), "no: unlogged_relation");
    EXPECT_EQ(lab_.reads("TABLE numbers"), "no: sequence");
    EXPECT_EQ(lab_.reads("TABLE secret"), "no: row_security");
    EXPECT_EQ(lab_.reads("TABLE root"), "no: foreign_relation");
    EXPECT_EQ(lab_.reads("TABLE leaf"), "no: foreign_relation");
}

TEST_F(schema_map_reads, views_stand_for_what_is_below) {
    const auto a = lab_.table("a");
    const auto b = lab_.table("b");
    const auto inner = lab_.view("inner_view", {a}, "SELECT lower(x) FROM a");
    lab_.view("outer_view", {inner, b}, "SELECT 1 FROM inner_view, b");
    EXPECT_EQ(lab_.reads("TABLE inner_view"), "a inner_view");
    EXPECT_EQ(lab_.reads("SELECT * FROM outer_view, a"), "a b inner_view outer_view");
}

TEST_F(schema_map_reads, a_partition_below_a_view_stands_for_all) {
    const auto root = lab_.table("root");
    const auto leaf = lab_.table("leaf");
    lab_.link(link_kind::inherits, leaf, root);
    lab_.view("v", {leaf}, "SELECT 1 FROM leaf");
    EXPECT_EQ(lab_.reads("TABLE v"), "root v");
}

TEST_F(schema_map_reads, a_materialized_view_changes_when_it_is_refreshed) {
    const auto a = lab_.table("a");
    const auto m = lab_.view("m", {a}, "SELECT now() FROM a", {.kind = 'm'});
    lab_.view("v", {m}, "SELECT 1 FROM m");
    EXPECT_EQ(lab_.reads("TABLE m"), "m");
    EXPECT_EQ(lab_.reads("TABLE v"), "m v");
}

TEST_F(schema_map_reads, what_keeps_a_view_from_the_cache_keeps_those_above_it) {
    const auto a = lab_.table("a");
    struct row {
        const char* definition;
        const char* reasons;
    };
    int number = 0;
    const row all[] = {
        {"SELECT now() FROM a", "no: unstable_function"},
        {"SELECT pg_catalog.now() FROM a", "no: unstable_function"},
        {"SELECT CURRENT_DATE FROM a", "no: clock_value"},
        {"SELECT 'tomorrow'::text FROM a", "no: time_literal"},
        {"SELECT 1 FROM a TABLESAMPLE system (1)", "no: tablesample"},
        {"SELECT xmin FROM a", "no: system_column"},
        {"SELECT 1 FROM a FOR UPDATE", "no: locks_rows"},
        {"SELECT 1 FROM pg_class", "no: system_relation"},
        {"SELECT x::timetz FROM a", "no: clock_value"},
        {"SELECT x === 1 FROM a", "no: unstable_operator"},
        {"SELECT x::no_such_type FROM a", "no: unstable_type"},
        {nullptr, "no: unread_view"},
    };
    for (const row& one : all) {
        const std::string name = "v" + std::to_string(number++);
        const auto view = lab_.view(name, {a}, one.definition);
        lab_.view("above_" + name, {view}, "SELECT 1");
    }
    number = 0;
    for (const row& one : all) {
        const std::string name = "v" + std::to_string(number++);
        EXPECT_EQ(lab_.reads("TABLE " + name), one.reasons) << name;
        EXPECT_EQ(lab_.reads("TABLE above_" + name), one.reasons) << name;
    }
}

TEST_F(schema_map_reads, what_is_below_a_view_counts) {
    lab_.view("v_secret", {lab_.relation("secret", {.row_security = true})}, "SELECT 1 FROM secret");
    lab_.view("v_tables", {13000}, "SELECT 1 FROM tables");
    lab_.view("v_gone", {99999}, "SELECT 1 FROM gone");
    EXPECT_EQ(lab_.reads("TABLE v_secret"), "no: row_security");
    EXPECT_EQ(lab_.reads("TABLE v_tables"), "no: system_relation");
    EXPECT_EQ(lab_.reads("TABLE v_gone"), "no: unknown_relation");
}

TEST_F(schema_map_reads, views_that_read_each_other) {
    const auto one = lab_.relation("one", {.kind = 'v'});
    const auto two = lab_.view("two", {one}, "SELECT 1 FROM one");
    lab_.link(link_kind::view, one, two);
    EXPECT_EQ(lab_.reads("TABLE one"), "no: unread_view");
    EXPECT_EQ(lab_.reads("TABLE two"), "no: unread_view");
}

TEST_F(schema_map_reads, builtin_functions) {
    EXPECT_EQ(lab_.reads("SELECT lower('x'), count(*), to_char(1, 'x'), pg_catalog.to_json(1)"), "");
    for (const char* text : {"SELECT now()", "SELECT pg_catalog.now()", "SELECT random()", "SELECT version()",
                             "SELECT nextval('x')", "SELECT no_such_function()", "SELECT public.lower('x')"})
        EXPECT_EQ(lab_.reads(text), "no: unstable_function") << text;
}

TEST_F(schema_map_reads, own_functions) {
    lab_.function("plain", {.volatility = 'i', .body = "BEGIN RETURN 1; END"});
    lab_.function("of_extension", {.volatility = 'i', .of_extension = true, .language = "sql", .body = "SELECT 1"});
    lab_.compiled("trusted", 'i');
    lab_.compiled("stable", 's');
    lab_.compiled("loaded", 'i', false);
    lab_.function("lower", {.schema = "elsewhere", .volatility = 'i'});
    EXPECT_EQ(lab_.reads("SELECT trusted(1), public.trusted(2)"), "");
    for (const char* name : {"plain", "of_extension", "stable", "loaded", "lower", "elsewhere.lower"})
        EXPECT_EQ(lab_.reads("SELECT " + std::string(name) + "(1)"), "no: unstable_function") << name;
    EXPECT_EQ(lab_.reads("SELECT pg_catalog.lower('x')"), "");
}

TEST_F(schema_map_reads, aggregates_are_as_good_as_their_parts) {
    const test::routine_options how{
        .kind = 'a', .volatility = 'i', .of_extension = true, .language = "internal", .body = {}};
    const auto good = lab_.compiled("good_part", 'i');
    const auto bad = lab_.function("bad_part", {.volatility = 'i', .of_extension = true});
    const auto sums = lab_.function("sums", how);
    const auto lies = lab_.function("lies", how);
    lab_.function("partless", how);
    auto own = how;
    own.of_extension = false;
    const auto by_hand = lab_.function("by_hand", own);
    for (const auto aggregate : {sums, lies, by_hand}) lab_.link(link_kind::component, aggregate, good);
    lab_.link(link_kind::component, lies, bad);
    EXPECT_EQ(lab_.reads("SELECT sums(1)"), "");
    for (const char* name : {"lies", "partless", "by_hand"})
        EXPECT_EQ(lab_.reads("SELECT " + std::string(name) + "(1)"), "no: unstable_function") << name;
}

TEST_F(schema_map_reads, a_field_may_be_a_call) {
    lab_.table("a");
    lab_.function("full_name", {.volatility = 'i', .takes_row = true});
    lab_.function("age", {.volatility = 'i'});
    EXPECT_EQ(lab_.reads("SELECT x.full_name FROM a x"), "no: unstable_function");
    EXPECT_EQ(lab_.reads("SELECT (x).full_name FROM a x"), "no: unstable_function");
    EXPECT_EQ(lab_.reads("SELECT x.age, x.version, x.id FROM a x"), "a") << "these are columns";
}

TEST_F(schema_map_reads, operators) {
    lab_.operation("@", lab_.compiled("trusted", 'i'));
    lab_.operation("#", lab_.compiled("stable", 's'));
    lab_.operation("##", lab_.function("plain", {.volatility = 'i'}));
    EXPECT_EQ(lab_.reads("SELECT 1 + 1 = 2, 1 @ 2"), "");
    EXPECT_EQ(lab_.reads("SELECT 1 # 2"), "no: unstable_operator");
    EXPECT_EQ(lab_.reads("SELECT 1 ## 2"), "no: unstable_operator");
    EXPECT_EQ(lab_.reads("SELECT 1 ### 2"), "no: unstable_operator") << "not known";
    EXPECT_EQ(lab_.reads("SELECT 1 OPERATOR(public.+) 2"), "no: unstable_operator");
}

TEST_F(schema_map_reads, an_own_operator_of_a_known_name_may_be_meant) {
    lab_.operation("=", lab_.function("plain", {.volatility = 'i'}));
    EXPECT_EQ(lab_.reads("SELECT 1 = 2"), "no: unstable_operator");
    EXPECT_EQ(lab_.reads("SELECT 1 IN (SELECT 2)"), "no: unstable_operator");
    EXPECT_EQ(lab_.reads("SELECT 1 OPERATOR(pg_catalog.=) 2"), "");
}

TEST_F(schema_map_reads, types) {
    const auto in = lab_.compiled("good_in", 's');
    const auto out = lab_.compiled("bad_out", 'v');
    const auto good = lab_.type("good", {.routines = {in, 0}});
    const auto bad = lab_.type("bad", {.routines = {in, out}});
    lab_.type("mood", {.kind = 'e'});
    lab_.type("label", {.kind = 'd', .made_of = good});
    const auto email = lab_.type("email", {.kind = 'd', .checked = true, .made_of = good});
    lab_.type("span", {.kind = 'r', .made_of = bad});
    lab_.type("spans", {.kind = 'm'});
    const auto pair = lab_.type("pair", {.kind = 'c', .row_of = 50000});
    lab_.link(link_kind::column, 50000, good);
    lab_.link(link_kind::column, 50000, email);
    const auto pairs = lab_.type("_pair", {.made_of = pair});
    const auto table = lab_.table("of_pairs");
    lab_.link(link_kind::column, table, pairs);
    lab_.link(link_kind::column, lab_.table("of_bad"), bad);
    lab_.link(link_kind::column, lab_.table("of_unknown"), 60000);
    lab_.link(link_kind::column, lab_.table("of_times"), 1266);
    EXPECT_EQ(lab_.reads("SELECT 'x'::good, 'y'::mood, 'z'::label, 1::int, 'a'::pg_catalog.text"), "");
    for (const char* name : {"bad", "email", "span", "spans", "pair", "no_such_type", "public.text"})
        EXPECT_EQ(lab_.reads("SELECT 'x'::" + std::string(name)), "no: unstable_type") << name;
    EXPECT_EQ(lab_.reads("SELECT '12:00'::timetz"), "no: clock_value");
    EXPECT_EQ(lab_.reads("TABLE of_pairs"), "of_pairs") << "what a domain checks was checked when it was written";
    EXPECT_EQ(lab_.reads("TABLE of_bad"), "no: unstable_type");
    EXPECT_EQ(lab_.reads("TABLE of_unknown"), "no: unstable_type");
    EXPECT_EQ(lab_.reads("TABLE of_times"), "no: clock_value");
}

TEST_F(schema_map_reads, a_domain_that_is_called_is_cast_to) {
    lab_.type("date", {.kind = 'd', .checked = true});
    EXPECT_EQ(lab_.reads("SELECT lower('x')"), "");
    EXPECT_EQ(lab_.reads("SELECT date('x')"), "no: unstable_function unstable_type");
}

TEST_F(schema_map_reads, casts_by_name) {
    lab_.type("pair", {.kind = 'e'});
    lab_.type("other", {.kind = 'e'});
    lab_.cast_to("pair", lab_.function("to_pair", {.volatility = 'i'}), false);
    lab_.cast_to("other", lab_.compiled("to_other", 'i'), true);
    EXPECT_EQ(lab_.reads("SELECT 1::pair"), "no: unstable_cast");
    EXPECT_EQ(lab_.reads("SELECT 1::other"), "");
    EXPECT_EQ(lab_.reads("SELECT 1"), "");
}

TEST_F(schema_map_reads, casts_of_what_a_type_is_made_of) {
    const auto pair = lab_.type("pair", {.kind = 'e'});
    lab_.type("checked_pair", {.kind = 'd', .made_of = pair});
    EXPECT_EQ(lab_.reads("SELECT 1::checked_pair"), "");
    schema_lab other;
    const auto cast = other.type("pair", {.kind = 'e'});
    other.type("checked_pair", {.kind = 'd', .made_of = cast});
    other.cast_to("pair", other.function("to_pair", {.volatility = 'i'}), false);
    EXPECT_EQ(other.reads("SELECT 1::checked_pair"), "no: unstable_cast");
}

TEST_F(schema_map_reads, casts_that_no_text_shows) {
    lab_.cast_to("pair", lab_.function("to_pair", {.volatility = 'i'}), true);
    EXPECT_EQ(lab_.reads("SELECT 1"), "no: unstable_cast");
}

TEST_F(schema_map_reads, order_that_no_text_shows) {
    lab_.link(link_kind::sorts, 0, lab_.compiled("compares", 'v'));
    EXPECT_EQ(lab_.reads("SELECT 1"), "") << "an extension's own";
    schema_lab other;
    other.link(link_kind::sorts, 0, other.function("compares", {.volatility = 'i'}));
    EXPECT_EQ(other.reads("SELECT 1"), "no: unstable_operator");
}

TEST(schema_map, of_a_database_that_is_too_large) {
    const schema_map map(build_too_large("x"));
    EXPECT_TRUE(map.too_large());
    EXPECT_EQ(map.reads_of(sql::understand("SELECT 1"), {}).reasons, sql::reason::catalog_too_large);
    for (const char* text : {"SELECT f()", "SELECT * FROM t", "UPDATE t SET a = 1", "VACUUM", "SELECT 1 + 1"})
        EXPECT_TRUE(map.writes_of(sql::understand(text), {}).everything) << text;
    for (const char* text : {"COMMIT", "SET a = 1", "SELECT 1"})
        EXPECT_TRUE(map.writes_of(sql::understand(text), {}).nothing()) << text;
}

TEST(schema_map, copies_share_what_was_read) {
    schema_lab lab;
    lab.table("a");
    schema_map copy = lab.map();
    copy.read_at = 7;
    EXPECT_EQ(lab.map().read_at, 0U);
    EXPECT_EQ(copy.fingerprint(), "as it is");
    EXPECT_EQ(copy.size(), 3U);
    EXPECT_GT(copy.bytes(), 500U);
}

}  // namespace
}  // namespace pgweir::catalog

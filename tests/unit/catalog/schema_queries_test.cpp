#include "catalog/schema_queries.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sql/tokens.hpp"
#include "sql/understand.hpp"

namespace pgweir::catalog {
namespace {

using testing::HasSubstr;

std::vector<std::string> all_queries() {
    return {schema_fingerprint_query(), relations_query(), routines_query(13), routines_query(15),
            operators_query(),          types_query(),     casts_query(),      links_query(),
            definitions_query("{1,2}")};
}

std::string unqualified(const std::vector<sql::qualified_name>& names) {
    std::string found;
    for (const sql::qualified_name& one : names)
        if (one.schema != "pg_catalog") found += one.schema + '.' + one.name + ' ';
    return found;
}

TEST(schema_queries, nothing_is_found_by_the_search_path) {
    for (const std::string& query : all_queries()) {
        const sql::statement_facts facts = sql::understand(query);
        ASSERT_TRUE(facts.understood()) << query;
        EXPECT_TRUE(facts.writes.empty()) << query;
        // Names of WITH queries are none of these.
        EXPECT_EQ(unqualified(facts.reads), "") << query;
        EXPECT_EQ(unqualified(facts.functions), "") << query;
        EXPECT_EQ(unqualified(facts.operators), "") << query;
        EXPECT_EQ(unqualified(facts.types), "") << query;
    }
}

// Names inside of strings that are cast to regclass, which no parser sees.
bool names_only_of_catalogs(std::string_view literal) {
    literal = literal.substr(1, literal.size() - 2);
    if (literal.starts_with('{')) literal = literal.substr(1, literal.size() - 2);
    for (std::size_t comma = 0; comma != std::string_view::npos; literal.remove_prefix(comma + 1)) {
        if (!literal.starts_with("pg_catalog.")) return false;
        comma = literal.find(',');
        if (comma == std::string_view::npos) break;
    }
    return true;
}

TEST(schema_queries, nor_in_strings) {
    int casts = 0;
    for (const std::string& query : all_queries()) {
        sql::tokens all(query);
        std::string last;
        for (sql::token each = all.next(); each.kind != sql::token_kind::end; each = all.next()) {
            if (each.kind == sql::token_kind::string) {
                last = each.text;
                EXPECT_EQ(last.find('\\'), std::string::npos) << "standard_conforming_strings may be off: " << last;
            } else if (each.text.starts_with("reg")) {
                EXPECT_TRUE(names_only_of_catalogs(last)) << last;
                ++casts;
            }
        }
    }
    EXPECT_GT(casts, 5);
}

TEST(schema_queries, printing_queries_waits_for_no_lock_and_finds_no_other_operators) {
    for (const std::string& query : {routines_query(15), definitions_query("{1}")}) {
        EXPECT_THAT(query, HasSubstr("SET LOCAL lock_timeout"));
        EXPECT_THAT(query, HasSubstr("SET LOCAL search_path TO pg_catalog, pg_temp;"));
    }
}

TEST(schema_queries, before_PostgreSQL_14_all_bodies_are_texts) {
    EXPECT_THAT(routines_query(14), HasSubstr("pg_get_function_sqlbody"));
    EXPECT_THAT(routines_query(13), testing::Not(HasSubstr("pg_get_function_sqlbody")));
}

TEST(schema_queries, more_than_enough_is_not_asked_for) {
    for (const std::string& query :
         {relations_query(), routines_query(15), operators_query(), types_query(), casts_query(), links_query()})
        EXPECT_THAT(query, testing::EndsWith(" LIMIT " + std::to_string(most_schema_rows + 1)));
}

}  // namespace
}  // namespace pgweir::catalog

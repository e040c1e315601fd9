#include "catalog/schema_reading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "catalog/schema_queries.hpp"
#include "sql/understand.hpp"

namespace pgweir::catalog {
namespace {

using row = schema_reading::row;
using rows = std::vector<row>;

const rows routines{{"2000", "pg_catalog", "lower", "f", "i", "f", "f", "t", "internal", std::nullopt},
                    {"16400", "public", "writes", "f", "v", "f", "f", "t", "sql", "DELETE FROM a"}};
const rows relations{{"16500", "public", "a", "r", "p", "f", "f"},
                     {"16501", "public", "b", "r", "p", "t", "f"},
                     {"16502", "public", "v", "v", "p", "f", "f"}};
const rows links{
    {"v", "16502", "16500", std::nullopt}, {"k", "16501", "16500", "ac"}, {"h", std::nullopt, "16401", std::nullopt}};
const rows types{{"25", "pg_catalog", "text", "b", "f", "0", "0", "{46,47,2414,2415}"}};
const rows operators{{"pg_catalog", "||", "2000"}};
const rows casts{{"f", "public", "pair", "16400"}};
const rows definitions{{"16502", " SELECT lower(x) || 'y'\n   FROM public.a;"}};

class schema_readings : public testing::Test {
protected:
    // From the fingerprint to the definitions, of which there are some.
    void read_all(const char* fingerprint) {
        ASSERT_TRUE(reading_.take({{fingerprint}}));
        const std::vector<std::pair<std::string, const rows*>> steps{{routines_query(15), &routines},
                                                                     {relations_query(), &relations},
                                                                     {links_query(), &links},
                                                                     {types_query(), &types},
                                                                     {operators_query(), &operators},
                                                                     {casts_query(), &casts},
                                                                     {definitions_query("{16502}"), &definitions}};
        for (const auto& [question, answer] : steps) {
            ASSERT_EQ(reading_.question(), question);
            ASSERT_TRUE(reading_.take(*answer)) << question;
        }
        ASSERT_EQ(reading_.question(), schema_fingerprint_query());
    }
    schema_reading reading_{15};
};

TEST_F(schema_readings, what_was_read) {
    read_all("f");
    ASSERT_TRUE(reading_.take({{"f"}}));
    EXPECT_EQ(reading_.question(), "");
    EXPECT_EQ(reading_.fingerprint(), "f");
    const auto map = reading_.result();
    ASSERT_NE(map, nullptr);
    EXPECT_EQ(map->fingerprint(), "f");
    const std::vector<std::string> path{"public"};
    const auto reads = map->reads_of(sql::understand("SELECT * FROM v"), {path});
    EXPECT_EQ(reads.reasons, sql::reason::none);
    EXPECT_THAT(reads.depends_on, testing::ElementsAre(16500, 16502));
    EXPECT_EQ(map->reads_of(sql::understand("SELECT * FROM b"), {path}).reasons, sql::reason::row_security);
    EXPECT_TRUE(map->writes_of(sql::understand("DELETE FROM a"), {path}).everything) << "16401 was not read";
    EXPECT_TRUE(map->writes_of(sql::understand("SELECT writes()"), {path}).everything);
}

TEST_F(schema_readings, nothing_has_changed) {
    schema_reading later(15, "f");
    EXPECT_EQ(later.question(), schema_fingerprint_query());
    ASSERT_TRUE(later.take({{"f"}}));
    EXPECT_EQ(later.question(), "");
    EXPECT_EQ(later.result(), nullptr);
    EXPECT_FALSE(later.take({{"f"}})) << "it has ended";
}

TEST_F(schema_readings, what_changed_meanwhile_is_read_again) {
    read_all("f");
    ASSERT_TRUE(reading_.take({{"g"}}));
    EXPECT_EQ(reading_.question(), routines_query(15));
    EXPECT_EQ(reading_.result(), nullptr);
    for (const rows* answer : {&routines, &relations, &links, &types, &operators, &casts, &definitions})
        ASSERT_TRUE(reading_.take(*answer));
    ASSERT_TRUE(reading_.take({{"g"}}));
    const auto map = reading_.result();
    ASSERT_NE(map, nullptr);
    EXPECT_EQ(map->fingerprint(), "g");
    EXPECT_EQ(map->size(), 3U) << "not twice";
}

TEST_F(schema_readings, what_never_holds_still_is_given_up) {
    read_all("0");
    for (int i = 1; i < 5; ++i) {
        ASSERT_TRUE(reading_.take({{std::to_string(i)}})) << i;
        for (const rows* answer : {&routines, &relations, &links, &types, &operators, &casts, &definitions})
            ASSERT_TRUE(reading_.take(*answer));
    }
    EXPECT_FALSE(reading_.take({{"5"}}));
}

TEST_F(schema_readings, without_views_no_definition_is_asked_for) {
    ASSERT_TRUE(reading_.take({{"f"}}));
    ASSERT_TRUE(reading_.take({}));
    ASSERT_TRUE(reading_.take(rows{{"13000", "information_schema", "tables", "v", "p", "f", "f"}}));
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(reading_.take({}));
    EXPECT_EQ(reading_.question(), schema_fingerprint_query());
}

TEST_F(schema_readings, definitions_are_asked_for_a_few_at_a_time) {
    ASSERT_TRUE(reading_.take({{"f"}}));
    ASSERT_TRUE(reading_.take({}));
    rows views;
    for (int i = 0; i < 20; ++i)
        views.push_back({std::to_string(20000 + i), "public", "v" + std::to_string(i), "v", "p", "f", "f"});
    ASSERT_TRUE(reading_.take(views));
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(reading_.take({}));
    std::string asked;
    int questions = 0;
    for (; reading_.question() != schema_fingerprint_query(); ++questions) {
        asked += reading_.question();
        ASSERT_TRUE(reading_.take({})) << "they are gone";
    }
    EXPECT_GT(questions, 1);
    for (int i = 0; i < 20; ++i) EXPECT_THAT(asked, testing::HasSubstr(std::to_string(20000 + i)));
}

TEST_F(schema_readings, views_that_are_too_much_to_understand) {
    const std::string deep = "SELECT " + std::string(300, '(') + "1" + std::string(300, ')');
    ASSERT_TRUE(reading_.take({{"f"}}));
    ASSERT_TRUE(reading_.take({}));
    ASSERT_TRUE(reading_.take(rows{{"20000", "public", "long_one", "v", "p", "f", "f"},
                                   {"20001", "public", "deep_one", "v", "p", "f", "f"},
                                   {"20002", "public", "strange_one", "v", "p", "f", "f"},
                                   {"20003", "public", "good_one", "v", "p", "f", "f"}}));
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(reading_.take({}));
    ASSERT_TRUE(reading_.take(rows{{"20000", std::nullopt},
                                   {"20001", deep},
                                   {"20002", "SELECT JSON_SCALAR(1 WITH SOMETHING NEW)"},
                                   {"20003", "SELECT 1"}}));
    ASSERT_TRUE(reading_.take({{"f"}}));
    const auto map = reading_.result();
    const std::vector<std::string> path{"public"};
    for (const char* name : {"long_one", "deep_one", "strange_one"})
        EXPECT_EQ(map->reads_of(sql::understand(std::string("TABLE ") + name), {path}).reasons,
                  sql::reason::unread_view)
            << name;
    EXPECT_EQ(map->reads_of(sql::understand("TABLE good_one"), {path}).reasons, sql::reason::none);
}

TEST_F(schema_readings, more_than_is_read) {
    ASSERT_TRUE(reading_.take({{"f"}}));
    ASSERT_TRUE(reading_.take(rows(most_schema_rows + 1, routines[0])));
    EXPECT_EQ(reading_.question(), "");
    const auto map = reading_.result();
    ASSERT_NE(map, nullptr);
    EXPECT_TRUE(map->too_large());
    EXPECT_EQ(map->fingerprint(), "f");
}

TEST(schema_reading, what_is_no_answer_is_given_up) {
    for (const rows& answer : {rows{}, rows{{"a", "b"}}, rows{{std::nullopt}}, rows{{"a"}, {"b"}}})
        EXPECT_FALSE(schema_reading(15).take(answer));
    const std::vector<rows> good{routines, relations, links, types, operators, casts, definitions};
    for (std::size_t step = 0; step < good.size(); ++step) {
        // A field less, one more, and each field as nothing or as what it cannot be.
        const row sample = good[step][0];
        for (std::size_t field = 0; field <= sample.size() + 1; ++field) {
            row broken = sample;
            if (field < sample.size()) broken[field] = "{no such thing";
            if (field == sample.size()) broken.pop_back();
            if (field == sample.size() + 1) broken.emplace_back("more");
            schema_reading reading(15);
            ASSERT_TRUE(reading.take({{"f"}}));
            for (std::size_t i = 0; i < step; ++i) ASSERT_TRUE(reading.take(good[i]));
            const bool taken = reading.take({broken});
            if (field > 0 && field < sample.size()) continue;  // some are texts, which may be anything
            EXPECT_EQ(taken, step == 4 && field == 0) << step << ' ' << field;
        }
    }
}

}  // namespace
}  // namespace pgweir::catalog

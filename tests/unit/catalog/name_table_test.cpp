#include "catalog/name_table.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::catalog {
namespace {

TEST(name_table, names_in_schemas) {
    name_table table;
    table.add("b", 2, 20);
    table.add("a", 1, 10);
    table.add("b", 1, 21);
    table.add("", 1, 30);
    table.seal();
    EXPECT_EQ(table.size(), 4U);
    ASSERT_EQ(table.find("b").size(), 2U);
    EXPECT_EQ(table.find("b")[0].value, 21U);
    EXPECT_EQ(table.find("b")[1].value, 20U);
    EXPECT_EQ(table.find("a", 1)->value, 10U);
    EXPECT_EQ(table.find("a", 2), nullptr);
    EXPECT_EQ(table.find("")[0].value, 30U);
    EXPECT_TRUE(table.find("ab").empty());
    EXPECT_TRUE(table.find("c").empty());
    EXPECT_TRUE(name_table().find("a").empty());
}

TEST(name_table, what_is_known_of_one_name_is_put_together) {
    name_table table;
    table.add("f", 1, 1);
    table.add("f", 1, 4);
    table.add("g", 1, 0);
    table.add("f", 1, 1);
    table.add("f", 2, 8);
    table.seal();
    EXPECT_EQ(table.size(), 3U);
    EXPECT_EQ(table.find("f", 1)->value, 5U);
    EXPECT_EQ(table.find("f", 2)->value, 8U);
}

TEST(name_table, many_names_take_little_memory) {
    name_table table;
    for (std::uint32_t i = 0; i < 10000; ++i) table.add("relation_" + std::to_string(i), i % 3, i);
    table.seal();
    for (std::uint32_t i = 0; i < 10000; ++i)
        ASSERT_EQ(table.find("relation_" + std::to_string(i), i % 3)->value, i) << i;
    EXPECT_LT(table.bytes(), 40U * 10000U);
}

}  // namespace
}  // namespace pgweir::catalog

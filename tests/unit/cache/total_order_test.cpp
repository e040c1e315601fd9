#include "cache/total_order.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cache/rows.hpp"

namespace pgweir::cache {
namespace {

using sql::sort_column;
using test::data_row;
using test::description_of;
using test::int4;
using test::text;
using test::uuid;

const sort_column id{.name = "id"}, name{.name = "name"}, unknown{.name = "lower"};

struct total_order : testing::Test {
    bool holds(const std::string& rows, const std::vector<sort_column>& by) const {
        return is_in_total_order(rows, description, by);
    }

    std::string description = description_of({{"id", int4}, {"name", text}, {"key", uuid}});
    std::string row(std::string_view id_value, std::string_view name_value, std::string_view key_value) const {
        return data_row({id_value, name_value, key_value});
    }
};

TEST_F(total_order, of_rows_with_keys_of_their_own) {
    const std::string rows = row("1", "x", "a") + row("2", "x", "b") + row("10", "x", "a");
    EXPECT_TRUE(holds(rows, {id}));
    EXPECT_TRUE(holds(rows, {{.name = {}, .number = 1}}));
    EXPECT_TRUE(holds(rows, {name, id})) << "whatever stands in front";
    EXPECT_TRUE(holds(rows, {unknown, id}));
    EXPECT_FALSE(holds(rows, {{.name = "key"}})) << "two are alike";
    EXPECT_TRUE(holds(rows, {{.name = "key"}, {.name = {}, .number = 1}})) << "together they are not";
    EXPECT_TRUE(holds(row("1", "x", "a"), {id}));
    EXPECT_TRUE(holds("", {id}));
}

TEST_F(total_order, of_nothing_that_bytes_cannot_tell) {
    const std::string rows = row("1", "x", "a") + row("2", "y", "b");
    EXPECT_FALSE(holds(rows, {name})) << "a collation may say that they are equal";
    EXPECT_FALSE(holds(rows, {unknown}));
    EXPECT_FALSE(holds(rows, {}));
    EXPECT_FALSE(holds(rows, {{.name = {}, .number = 0}}));
    EXPECT_FALSE(holds(rows, {{.name = {}, .number = 4}}));
    EXPECT_FALSE(is_in_total_order(rows, "", std::vector<sort_column>{id})) << "nobody asked for the description";
    const std::string twice = description_of({{"id", int4}, {"id", int4}, {"key", uuid}});
    EXPECT_FALSE(is_in_total_order(rows, twice, std::vector<sort_column>{id})) << "which of the two?";
}

TEST_F(total_order, with_nulls) {
    const std::string one = data_row({{}, "x", "a"}), other = data_row({{}, "y", "b"});
    EXPECT_TRUE(holds(one + row("1", "x", "a"), {id}));
    EXPECT_FALSE(holds(one + other, {id}));
    EXPECT_TRUE(holds(one + row("", "x", "a"), {id})) << "empty is not null";
}

TEST_F(total_order, values_do_not_run_into_each_other) {
    const std::string two = description_of({{"a", int4}, {"b", int4}});
    const std::string rows = data_row({"1", "23"}) + data_row({"12", "3"});
    EXPECT_TRUE(is_in_total_order(rows, two, std::vector<sort_column>{{.name = "a"}, {.name = "b"}}));
}

TEST_F(total_order, of_what_is_cut_short) {
    const std::string rows = row("1", "x", "a") + row("2", "y", "b");
    for (std::size_t size = 0; size < description.size(); ++size)
        EXPECT_FALSE(is_in_total_order(rows, description.substr(0, size), std::vector<sort_column>{id})) << size;
    for (std::size_t size = row("1", "x", "a").size() + 1; size < rows.size(); ++size)
        EXPECT_FALSE(holds(rows.substr(0, size), {id})) << size;
    EXPECT_FALSE(holds(rows + message('D', ""), {id}));
    EXPECT_FALSE(holds(message('D', std::string_view("\0\3\0\0\0\x7f", 6)), {id}));
    EXPECT_FALSE(holds(data_row({}), {id}));
}

}  // namespace
}  // namespace pgweir::cache

#include "cache/stamp_table.hpp"

#include <gtest/gtest.h>

#include <set>

#include "cache/entry.hpp"

namespace pgweir::cache {
namespace {

TEST(stamp_table, never_gives_a_stamp_twice) {
    stamp_table table;
    std::set<stamp> given;
    for (relation_id each = 0; each < 100; ++each) EXPECT_TRUE(given.insert(table.at(each).now).second) << each;
    for (int round = 0; round < 3; ++round)
        for (relation_id each = 0; each < 100; ++each) {
            table.bump(table.at(each));
            EXPECT_TRUE(given.insert(table.at(each).now).second) << each;
        }
    EXPECT_FALSE(given.contains(stamp{})) << "a dependency that was never filled in must not hold by chance";
}

TEST(stamp_table, keeps_a_stamp_until_it_is_bumped) {
    stamp_table table;
    const stamp before = table.at(7).now;
    table.bump(table.at(8));
    EXPECT_EQ(table.at(7).now, before);
    table.bump(table.at(7));
    EXPECT_NE(table.at(7).now, before);
}

TEST(stamp_table, cells_stay_where_they_are_when_there_are_more) {
    stamp_table table;
    const stamp_table::cell* first = &table.at(1);
    for (relation_id each = 2; each < 10'000; ++each) table.at(each);
    EXPECT_EQ(&table.at(1), first);
}

TEST(stamp_table, a_relation_is_unmarked_at_first) {
    stamp_table table;
    EXPECT_EQ(table.at(whole_database).marks, 0U);
    EXPECT_EQ(table.at(5).marks, 0U);
}

class entry_test : public testing::Test {
protected:
    dependency on(relation_id which) { return {&table_.at(which), table_.at(which).now}; }

    stamp_table table_;
};

TEST_F(entry_test, holds_while_all_of_its_stamps_do) {
    entry one;
    EXPECT_TRUE(one.holds()) << "it depends on nothing";
    one.depends_on = {on(whole_database), on(1), on(2)};
    EXPECT_TRUE(one.holds());
    table_.bump(table_.at(3));
    EXPECT_TRUE(one.holds());
    table_.bump(table_.at(2));
    EXPECT_FALSE(one.holds());
}

TEST_F(entry_test, does_not_hold_while_somebody_is_about_to_write) {
    entry one;
    one.depends_on = {on(whole_database), on(1)};
    EXPECT_FALSE(one.is_marked());
    for (const relation_id each : {whole_database, relation_id{1}}) {
        table_.at(each).marks = 2;
        EXPECT_TRUE(one.is_marked()) << each;
        EXPECT_FALSE(one.holds()) << each;
        table_.at(each).marks = 0;
        EXPECT_FALSE(one.is_marked());
        EXPECT_TRUE(one.holds());
    }
}

TEST_F(entry_test, counts_every_byte_that_it_has) {
    entry one;
    const std::size_t empty = one.bytes();
    EXPECT_GE(empty, sizeof(entry));
    const auto grows = [&](std::string entry::* part) {
        const std::size_t before = one.bytes();
        (one.*part).assign(1000, 'x');
        (one.*part).shrink_to_fit();
        EXPECT_GE(one.bytes(), before + 985) << "less what a short string has for nothing";
        EXPECT_LE(one.bytes(), before + 1016);
    };
    grows(&entry::key);
    grows(&entry::description);
    grows(&entry::rows);
    const std::size_t before = one.bytes();
    one.depends_on.resize(100);
    EXPECT_GE(one.bytes(), before + 100 * sizeof(dependency));
    one.rows.reserve(5000);
    EXPECT_GE(one.bytes(), before + 5000 - 1000) << "memory that is held unused counts, too";
}

}  // namespace
}  // namespace pgweir::cache

#include "base/intrusive_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace pgweir::base {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct by_age;
struct by_name;

struct entry : list_link<by_age>, list_link<by_name> {
    explicit entry(int number_) : number(number_) {}
    int number;
};

using ages = intrusive_list<entry, by_age>;
using names = intrusive_list<entry, by_name>;

template <class List>
std::vector<int> numbers(const List& list) {
    std::vector<int> all;
    for (const entry* at = list.front(); at != nullptr; at = list.next(*at)) all.push_back(at->number);
    EXPECT_EQ(all.size(), list.size());
    EXPECT_EQ(all.empty(), list.empty());
    EXPECT_EQ(list.back() == nullptr ? 0 : list.back()->number, all.empty() ? 0 : all.back());
    return all;
}

void leave(entry& one) {
    one.list_link<by_age>::unlink();
}

struct intrusive_list_test : testing::Test {
    entry a{1};
    entry b{2};
    entry c{3};
    ages list;
};

TEST_F(intrusive_list_test, an_empty_one_has_no_ends) {
    EXPECT_EQ(list.front(), nullptr);
    EXPECT_EQ(list.back(), nullptr);
    EXPECT_THAT(numbers(list), IsEmpty());
}

TEST_F(intrusive_list_test, grows_at_both_ends) {
    list.push_back(a);
    list.push_back(b);
    list.push_front(c);
    EXPECT_THAT(numbers(list), ElementsAre(3, 1, 2));
    EXPECT_TRUE(a.list_link<by_age>::linked());
    EXPECT_FALSE(a.list_link<by_name>::linked());
}

TEST_F(intrusive_list_test, entries_leave_from_anywhere) {
    for (entry* one : {&a, &b, &c}) list.push_back(*one);
    leave(b);
    EXPECT_THAT(numbers(list), ElementsAre(1, 3));
    EXPECT_FALSE(b.list_link<by_age>::linked());
    leave(b);
    EXPECT_THAT(numbers(list), ElementsAre(1, 3));
    leave(c);
    leave(a);
    EXPECT_THAT(numbers(list), IsEmpty());
    list.push_back(b);
    EXPECT_THAT(numbers(list), ElementsAre(2));
}

TEST_F(intrusive_list_test, an_entry_that_is_destroyed_leaves) {
    list.push_back(a);
    {
        entry temporary{9};
        list.push_back(temporary);
        list.push_back(b);
        EXPECT_THAT(numbers(list), ElementsAre(1, 9, 2));
    }
    EXPECT_THAT(numbers(list), ElementsAre(1, 2));
}

TEST_F(intrusive_list_test, an_entry_that_is_pushed_again_moves) {
    for (entry* one : {&a, &b, &c}) list.push_back(*one);
    list.push_back(a);
    EXPECT_THAT(numbers(list), ElementsAre(2, 3, 1));
    list.push_back(a);
    EXPECT_THAT(numbers(list), ElementsAre(2, 3, 1));
    list.push_front(a);
    EXPECT_THAT(numbers(list), ElementsAre(1, 2, 3));
    list.push_front(a);
    EXPECT_THAT(numbers(list), ElementsAre(1, 2, 3));
    list.push_front(c);
    EXPECT_THAT(numbers(list), ElementsAre(3, 1, 2));
}

TEST_F(intrusive_list_test, the_only_entry_may_be_pushed_again) {
    list.push_front(a);
    list.push_front(a);
    EXPECT_THAT(numbers(list), ElementsAre(1));
    list.push_back(a);
    EXPECT_THAT(numbers(list), ElementsAre(1));
}

TEST_F(intrusive_list_test, an_entry_moves_from_list_to_list) {
    ages other;
    for (entry* one : {&a, &b, &c}) list.push_back(*one);
    other.push_back(b);
    EXPECT_THAT(numbers(list), ElementsAre(1, 3));
    EXPECT_THAT(numbers(other), ElementsAre(2));
    other.push_front(a);
    EXPECT_THAT(numbers(other), ElementsAre(1, 2));
    leave(b);
    EXPECT_THAT(numbers(other), ElementsAre(1));
    EXPECT_THAT(numbers(list), ElementsAre(3));
}

TEST_F(intrusive_list_test, an_entry_stands_in_a_list_for_each_of_its_links) {
    names other;
    for (entry* one : {&a, &b}) list.push_back(*one);
    for (entry* one : {&b, &a}) other.push_back(*one);
    leave(a);
    EXPECT_THAT(numbers(list), ElementsAre(2));
    EXPECT_THAT(numbers(other), ElementsAre(2, 1));
    {
        entry both{9};
        list.push_back(both);
        other.push_front(both);
        EXPECT_THAT(numbers(other), ElementsAre(9, 2, 1));
    }
    EXPECT_THAT(numbers(list), ElementsAre(2));
    EXPECT_THAT(numbers(other), ElementsAre(2, 1));
}

TEST_F(intrusive_list_test, a_list_may_go_before_its_entries) {
    auto brief = std::make_unique<ages>();
    brief->push_back(a);
    brief->push_back(b);
    brief.reset();
    EXPECT_FALSE(a.list_link<by_age>::linked());
    EXPECT_FALSE(b.list_link<by_age>::linked());
    list.push_back(b);
    EXPECT_THAT(numbers(list), ElementsAre(2));
}

}  // namespace
}  // namespace pgweir::base

#include "cache/flights.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgweir::cache {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

class flights_test : public testing::Test {
protected:
    std::vector<flights::client_id> ended(flights::flight_id which) {
        std::vector<flights::client_id> waiters;
        was_known_ = flights_.end(which, waiters) != nullptr;
        return waiters;
    }

    flights flights_;
    bool was_known_ = false;
};

TEST_F(flights_test, are_found_by_key_while_they_last) {
    EXPECT_EQ(flights_.find("a"), nullptr);
    const auto id = flights_.begin("a", {});
    ASSERT_NE(flights_.find("a"), nullptr);
    EXPECT_EQ(flights_.find("a")->id, id);
    EXPECT_NE(id, 0U);
    EXPECT_EQ(flights_.find("b"), nullptr);
    EXPECT_EQ(flights_.size(), 1U);
    EXPECT_THAT(ended(id), IsEmpty());
    EXPECT_TRUE(was_known_);
    EXPECT_EQ(flights_.find("a"), nullptr);
    EXPECT_EQ(flights_.size(), 0U);
    EXPECT_THAT(ended(id), IsEmpty());
    EXPECT_FALSE(was_known_) << "it ends once";
}

TEST_F(flights_test, hand_back_what_they_began_with) {
    const stamp_table::cell cell{.now = 5, .marks = 0};
    const auto id = flights_.begin("a", {{&cell, 5}});
    std::vector<flights::client_id> waiters;
    const auto flight = flights_.end(id, waiters);
    ASSERT_NE(flight, nullptr);
    EXPECT_EQ(flight->key, "a");
    ASSERT_EQ(flight->depends_on.size(), 1U);
    EXPECT_EQ(flight->depends_on[0].of, &cell);
    EXPECT_EQ(flight->depends_on[0].then, 5U);
}

TEST_F(flights_test, wake_those_that_have_joined_them_and_nobody_else) {
    const auto a = flights_.begin("a", {});
    const auto b = flights_.begin("b", {});
    EXPECT_NE(a, b);
    flights_.join(a, 1);
    flights_.join(b, 2);
    flights_.join(a, 3);
    flights_.join(a, 4);
    flights_.leave(4);
    flights_.leave(5);
    EXPECT_EQ(flights_.waiting(), 3U);
    EXPECT_THAT(ended(a), UnorderedElementsAre(1, 3));
    EXPECT_EQ(flights_.waiting(), 1U);
    EXPECT_THAT(ended(b), UnorderedElementsAre(2));
    EXPECT_EQ(flights_.waiting(), 0U);
}

TEST_F(flights_test, one_that_was_ended_with_all_others_does_not_end_its_successor) {
    const auto first = flights_.begin("a", {});
    flights_.join(first, 1);
    flights_.join(flights_.begin("b", {}), 2);
    std::vector<flights::client_id> waiters;
    flights_.end_all(waiters);
    EXPECT_THAT(waiters, UnorderedElementsAre(1, 2));
    EXPECT_EQ(flights_.size(), 0U);
    EXPECT_EQ(flights_.waiting(), 0U);
    const auto second = flights_.begin("a", {});
    flights_.join(second, 3);
    EXPECT_THAT(ended(first), IsEmpty());
    EXPECT_FALSE(was_known_);
    ASSERT_NE(flights_.find("a"), nullptr);
    EXPECT_THAT(ended(second), UnorderedElementsAre(3));
}

}  // namespace
}  // namespace pgweir::cache

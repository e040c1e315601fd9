#include "pool/wait_queue.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace pgweir::pool {
namespace {

using namespace std::chrono_literals;
constexpr base::time_point t0{1h};

struct wait_queue_test : testing::Test {
    void join(waiter& who, base::time_point now) {
        queue.stamp(who, now, base::never);
        queue.push(who);
    }

    wait_queue queue;
    waiter a{0}, b{1}, c{0}, d{1};
};

TEST_F(wait_queue_test, serves_in_order) {
    EXPECT_EQ(queue.pop_for(0), nullptr);
    for (waiter* who : {&a, &b, &c, &d}) join(*who, t0);
    EXPECT_EQ(queue.size(), 4U);
    EXPECT_EQ(queue.oldest(), &a);
    for (waiter* who : {&a, &b, &c, &d}) EXPECT_EQ(queue.pop(), who);
    EXPECT_TRUE(queue.empty());
}

TEST_F(wait_queue_test, own_worker_overtakes_by_2_ms_at_most) {
    join(a, t0);
    join(b, t0 + 2ms);
    EXPECT_EQ(queue.pop_for(1), &b);
    join(b, t0 + 2ms + 1ns);
    EXPECT_EQ(queue.pop_for(1), &a);
}

TEST_F(wait_queue_test, order_within_a_worker_is_strict) {
    join(b, t0);
    join(a, t0);
    join(c, t0);
    EXPECT_EQ(queue.pop_for(0), &a);
    EXPECT_EQ(queue.pop_for(0), &c);
    EXPECT_EQ(queue.pop_for(0), &b);
}

TEST_F(wait_queue_test, a_worker_without_waiters_serves_the_oldest) {
    join(a, t0);
    EXPECT_EQ(queue.pop_for(63), &a);
}

TEST_F(wait_queue_test, order_is_that_of_calls_when_clocks_differ) {
    join(a, t0 + 1ms);
    join(b, t0);
    EXPECT_EQ(queue.oldest(), &a);
}

TEST_F(wait_queue_test, a_turn_can_be_taken_again) {
    for (waiter* who : {&a, &c, &b, &d}) join(*who, t0);
    EXPECT_EQ(queue.pop(), &a);
    EXPECT_EQ(queue.pop(), &c);
    queue.push_again(c);
    queue.push_again(a);
    for (waiter* who : {&a, &c, &b, &d}) EXPECT_EQ(queue.pop(), who);

    for (waiter* who : {&a, &c}) join(*who, t0);
    EXPECT_EQ(queue.pop(), &a);
    queue.push_again(a);
    EXPECT_EQ(queue.oldest(), &a);
}

TEST_F(wait_queue_test, a_destroyed_waiter_is_gone) {
    auto dying = std::make_unique<waiter>(0);
    join(*dying, t0);
    join(b, t0);
    dying.reset();
    EXPECT_EQ(queue.size(), 1U);
    EXPECT_EQ(queue.oldest(), &b);
}

}  // namespace
}  // namespace pgweir::pool

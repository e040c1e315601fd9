#include "pool/database_budget.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "pool/pool_lab.hpp"

namespace pgweir::pool::test {
namespace {

struct database_budget_test : testing::Test {
    database_budget budget{4};
    pool_lab alice{of_size(4), &budget};
    pool_lab bob{of_size(4), &budget};
    waiter client{0};
};

TEST_F(database_budget_test, bounds_all_pools_together) {
    const auto lent = alice.lend_many(3);
    EXPECT_EQ(budget.taken(), 3U);
    const auto one = bob.lend();
    EXPECT_EQ(budget.room(), 0U);
    EXPECT_EQ(bob.ask(client), acquisition::kind::queued);
    EXPECT_EQ(bob.pool.connects_wanted(bob.now), 0U);
    EXPECT_FALSE(bob.pool.begin_connect(bob.now));
    budget.set_limit(5);
    EXPECT_EQ(bob.pool.connects_wanted(bob.now), 1U);
    budget.set_limit(unlimited);
    EXPECT_EQ(bob.pool.connects_wanted(bob.now), 1U);
}

TEST_F(database_budget_test, an_idle_server_of_another_pool_makes_room) {
    const auto ids = alice.stock(4);
    bob.now = alice.now;
    bob.ask(client);
    EXPECT_EQ(bob.pool.connects_wanted(bob.now), 0U);
    EXPECT_LE(bob.pool.next_event(), bob.now);
    {
        const auto out = bob.pool.tend(bob.now);
        ASSERT_EQ(out.size(), 1U) << "one for one client";
        EXPECT_EQ(out[0]->id(), ids[0]) << "the longest idle";
        EXPECT_TRUE(bob.pool.tend(bob.now).empty()) << "not another one while it is being closed";
        EXPECT_GT(bob.pool.next_event(), bob.now);
    }
    EXPECT_EQ(bob.connect().to, &client);
    EXPECT_EQ(alice.look().idle, 3U);
}

TEST_F(database_budget_test, a_server_that_comes_free_is_given_up_when_nobody_here_waits) {
    auto lent = alice.lend_many(4);
    bob.ask(client);
    auto first = alice.pool.give_back(std::move(lent[0]), alice.now);
    EXPECT_TRUE(first.must_close());
    EXPECT_FALSE(alice.pool.give_back(std::move(lent[1]), alice.now).must_close()) << "one is enough";
    first.server.reset();
    EXPECT_EQ(bob.connect().to, &client);
}

TEST_F(database_budget_test, a_busy_pool_yields_to_one_that_has_waited_longer) {
    auto lent = alice.lend_many(4);
    bob.ask(client);
    waiter near(0);
    waiter later(0);
    alice.now += 400ms;
    alice.ask(near);
    alice.now += 200ms;
    alice.ask(later);
    auto handed = alice.pool.give_back(std::move(lent[0]), alice.now);
    EXPECT_EQ(handed.to, &near) << "a little longer is not worth a login";
    EXPECT_TRUE(alice.pool.give_back(std::move(lent[1]), alice.now).must_close());
    EXPECT_TRUE(later.queued());
}

TEST_F(database_budget_test, a_pool_at_its_own_size_does_not_take_from_others) {
    alice.stock(3);
    bob.pool.set_settings(of_size(1), bob.now);
    const auto own = bob.lend();
    bob.ask(client);
    EXPECT_TRUE(bob.pool.tend(bob.now).empty());
    EXPECT_EQ(bob.pool.next_event(), base::never);
    EXPECT_EQ(alice.look().idle, 3U);
}

TEST_F(database_budget_test, counts_return_to_zero) {
    {
        const auto lent = alice.lend_many(2);
        bob.ask(client);
        const slot place = bob.pool.begin_connect(bob.now);
        EXPECT_EQ(budget.taken(), 3U);
    }
    EXPECT_EQ(budget.taken(), 0U);
}

}  // namespace
}  // namespace pgweir::pool::test

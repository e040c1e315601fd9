#include "pool/slot.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace pgweir::pool {
namespace {

struct slot_test : testing::Test {
    slot take() { return {mine, all, 1}; }

    std::shared_ptr<slot_counts> mine = std::make_shared<slot_counts>();
    std::shared_ptr<slot_counts> all = std::make_shared<slot_counts>();
};

TEST_F(slot_test, counts_in_pool_and_database_until_destroyed) {
    {
        const slot a = take();
        EXPECT_TRUE(a);
        EXPECT_EQ(mine->connecting, 1U);
        EXPECT_EQ(all->connecting, 1U);
        const slot b(mine, nullptr, 1);
        EXPECT_EQ(mine->taken(), 2U);
        EXPECT_EQ(all->taken(), 1U);
    }
    EXPECT_EQ(mine->taken(), 0U);
    EXPECT_EQ(all->taken(), 0U);
}

TEST_F(slot_test, moves_its_one_place) {
    slot a = take();
    slot b = std::move(a);
    EXPECT_EQ(mine->taken(), 1U);
    slot c = take();
    c = std::move(b);
    EXPECT_EQ(mine->taken(), 1U) << "the place that c had is free";
    c = slot();
    EXPECT_EQ(mine->taken(), 0U);
    EXPECT_FALSE(c);
}

TEST_F(slot_test, is_counted_by_stage) {
    slot a = take();
    a.enter(slot::stage::open);
    EXPECT_EQ(mine->connecting, 0U);
    EXPECT_EQ(mine->open, 1U);
    a.enter(slot::stage::leaving);
    EXPECT_EQ(mine->open, 0U);
    EXPECT_EQ(all->leaving, 1U);
    a.enter(slot::stage::leaving);
    EXPECT_EQ(all->taken(), 1U);
}

TEST_F(slot_test, may_outlive_its_pool) {
    slot a = take();
    const std::weak_ptr<slot_counts> pool = mine;
    mine.reset();
    EXPECT_FALSE(pool.expired());
    a = slot();
    EXPECT_TRUE(pool.expired());
}

}  // namespace
}  // namespace pgweir::pool

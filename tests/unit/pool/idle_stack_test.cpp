#include "pool/idle_stack.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace pgweir::pool {
namespace {

constexpr base::time_point t0{std::chrono::hours(1)};
const int red = 0;
const int blue = 0;

struct idle_stack_test : testing::Test {
    void push(std::uint64_t id, const void* key = nullptr, std::uint32_t worker = 0) {
        auto server = std::make_unique<member>(id, worker, slot(), t0, 0);
        server->set_state_key(key);
        stack.push(std::move(server));
    }

    std::uint64_t take(const void* key = nullptr, std::uint32_t worker = 0) {
        return stack.take_for(key, worker)->id();
    }

    idle_stack stack;
};

TEST_F(idle_stack_test, lends_the_most_recently_used) {
    EXPECT_EQ(stack.take_for(nullptr, 0), nullptr);
    for (std::uint64_t id = 1; id <= 3; ++id) push(id);
    EXPECT_EQ(stack.longest_idle()->id(), 1U);
    EXPECT_EQ(take(), 3U);
    EXPECT_EQ(take(), 2U);
    EXPECT_EQ(take(), 1U);
}

TEST_F(idle_stack_test, prefers_equal_state_then_the_same_worker) {
    push(1, &red, 1);
    push(2, &blue, 0);
    push(3, &red, 0);
    push(4, &blue, 1);
    EXPECT_EQ(take(&red, 1), 1U);
    EXPECT_EQ(take(&red, 1), 3U) << "state before worker";
    EXPECT_EQ(take(&red, 0), 2U) << "worker when no state fits";
    EXPECT_EQ(take(&red, 0), 4U);
}

TEST_F(idle_stack_test, looks_only_at_the_topmost) {
    push(1, &red);
    for (std::uint64_t id = 2; id <= 1 + idle_stack::reach; ++id) push(id, &blue);
    EXPECT_EQ(take(&red), 1 + idle_stack::reach);
    EXPECT_EQ(take(&red), 1U) << "now within reach";
}

TEST_F(idle_stack_test, takes_by_id) {
    for (std::uint64_t id = 1; id <= 3; ++id) push(id);
    EXPECT_EQ(stack.take(2)->id(), 2U);
    EXPECT_EQ(stack.take(2), nullptr);
    EXPECT_EQ(stack.take_longest_idle()->id(), 1U);
    EXPECT_EQ(stack.take_all().size(), 1U);
    EXPECT_TRUE(stack.empty());
    EXPECT_EQ(stack.take_longest_idle(), nullptr);
}

}  // namespace
}  // namespace pgweir::pool

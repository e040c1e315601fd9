#include "net/deadline_heap.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <vector>

namespace pgweir::net {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

base::time_point at(std::int64_t ticks) {
    return base::time_point(base::duration(ticks));
}

struct silent_handler final : deadline_handler {
    void on_deadline(int, base::time_point) override {}
};

struct deadline_heap_test : ::testing::Test {
    /// Which are due, by their place among `all`.
    std::vector<int> due(std::int64_t now) {
        std::vector<int> result;
        while (deadline* next = heap.pop_due(at(now))) {
            for (std::size_t index = 0; index < all.size(); ++index)
                if (&all[index] == next) result.push_back(static_cast<int>(index));
        }
        return result;
    }

    silent_handler handler;
    deadline_heap heap;
    std::array<deadline, 4> all{{{handler, 0}, {handler, 1}, {handler, 2}, {handler, 3}}};
};

TEST_F(deadline_heap_test, an_empty_one_has_nothing_to_wait_for) {
    EXPECT_EQ(heap.nearest(), base::never);
    EXPECT_EQ(heap.pop_due(at(1000)), nullptr);
}

TEST_F(deadline_heap_test, comes_in_the_order_of_time) {
    heap.arm(all[0], at(30));
    heap.arm(all[1], at(10));
    heap.arm(all[2], at(20));
    EXPECT_EQ(heap.nearest(), at(10));
    EXPECT_THAT(due(9), IsEmpty());
    EXPECT_THAT(due(20), ElementsAre(1, 2));
    EXPECT_THAT(due(30), ElementsAre(0));
    EXPECT_EQ(heap.size(), 0U);
}

TEST_F(deadline_heap_test, is_off_after_it_was_due) {
    heap.arm(all[0], at(5));
    EXPECT_TRUE(all[0].is_armed());
    EXPECT_THAT(due(5), ElementsAre(0));
    EXPECT_FALSE(all[0].is_armed());
    EXPECT_THAT(due(50), IsEmpty());
    heap.arm(all[0], at(60));
    EXPECT_THAT(due(60), ElementsAre(0));
}

TEST_F(deadline_heap_test, moving_later_leaves_the_entry_and_is_honoured_when_it_comes) {
    heap.arm(all[0], at(10));
    heap.arm(all[0], at(100));
    EXPECT_EQ(heap.nearest(), at(10)) << "only a field may change";
    EXPECT_THAT(due(10), IsEmpty());
    EXPECT_EQ(heap.nearest(), at(100));
    EXPECT_THAT(due(100), ElementsAre(0));
}

TEST_F(deadline_heap_test, a_moved_one_that_is_due_too_keeps_the_order) {
    heap.arm(all[0], at(10));
    heap.arm(all[1], at(20));
    heap.arm(all[0], at(30));
    EXPECT_THAT(due(40), ElementsAre(1, 0));
}

TEST_F(deadline_heap_test, moving_earlier_takes_effect_at_once) {
    heap.arm(all[0], at(50));
    heap.arm(all[1], at(40));
    heap.arm(all[0], at(20));
    EXPECT_EQ(heap.nearest(), at(20));
    EXPECT_THAT(due(20), ElementsAre(0));
}

TEST_F(deadline_heap_test, moving_later_and_back_to_between_uses_the_old_entry) {
    heap.arm(all[0], at(10));
    heap.arm(all[0], at(100));
    heap.arm(all[0], at(50));
    EXPECT_THAT(due(49), IsEmpty());
    EXPECT_THAT(due(50), ElementsAre(0));
}

TEST_F(deadline_heap_test, a_cleared_one_is_dropped_when_its_time_comes) {
    heap.arm(all[0], at(10));
    all[0].clear();
    EXPECT_EQ(heap.size(), 1U);
    EXPECT_THAT(due(10), IsEmpty());
    EXPECT_EQ(heap.size(), 0U);
    heap.arm(all[1], base::never);
    EXPECT_EQ(heap.size(), 0U);
}

TEST_F(deadline_heap_test, a_cleared_one_can_be_armed_again) {
    heap.arm(all[0], at(10));
    heap.arm(all[0], base::never);
    EXPECT_FALSE(all[0].is_armed());
    heap.arm(all[0], at(5));
    EXPECT_THAT(due(5), ElementsAre(0));
}

TEST_F(deadline_heap_test, a_destroyed_one_leaves) {
    {
        deadline brief(handler, 9);
        heap.arm(brief, at(10));
        heap.arm(all[0], at(20));
        EXPECT_EQ(heap.size(), 2U);
    }
    EXPECT_EQ(heap.size(), 1U);
    EXPECT_THAT(due(20), ElementsAre(0));
}

TEST_F(deadline_heap_test, a_detached_one_can_go_to_another_heap) {
    heap.arm(all[0], at(10));
    all[0].clear();
    all[0].detach();
    EXPECT_EQ(heap.size(), 0U);
    deadline_heap other;
    other.arm(all[0], at(5));
    EXPECT_EQ(other.pop_due(at(5)), &all[0]);
}

TEST_F(deadline_heap_test, outlives_its_heap) {
    auto brief = std::make_unique<deadline_heap>();
    brief->arm(all[0], at(10));
    brief.reset();
    EXPECT_FALSE(all[0].is_armed());
    heap.arm(all[0], at(20));
    EXPECT_THAT(due(20), ElementsAre(0));
}

/// The same operations on the heap and on a plain list of times.
class deadline_heap_model {
public:
    explicit deadline_heap_model(std::uint32_t seed) : random_(seed) {
        for (auto& each : deadlines_) each = std::make_unique<deadline>(handler_, 0);
        times_.fill(base::never);
    }

    void step() {
        const std::size_t index = pick(count);
        switch (pick(8)) {
            case 0:
                deadlines_[index]->clear();
                times_[index] = base::never;
                break;
            case 1:
                deadlines_[index] = std::make_unique<deadline>(handler_, 0);
                times_[index] = base::never;
                break;
            case 2: advance(); break;
            default:
                times_[index] = now_ + base::duration(static_cast<std::int64_t>(pick(200)) - 20);
                heap_.arm(*deadlines_[index], times_[index]);
        }
        ASSERT_LE(heap_.nearest(), *std::min_element(times_.begin(), times_.end()));
        ASSERT_LE(heap_.size(), count);
    }

private:
    static constexpr std::size_t count = 40;

    std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }

    void advance() {
        now_ += base::duration(static_cast<std::int64_t>(pick(60)));
        base::time_point previous = base::time_point::min();
        while (const deadline* due = heap_.pop_due(now_)) {
            std::size_t index = 0;
            while (deadlines_[index].get() != due) ++index;
            ASSERT_LE(times_[index], now_);
            ASSERT_LE(previous, times_[index]) << "out of order";
            previous = times_[index];
            times_[index] = base::never;
        }
        for (const base::time_point time : times_) ASSERT_GT(time, now_) << "one was due and did not come";
        ASSERT_GT(heap_.nearest(), now_);
    }

    std::mt19937 random_;
    silent_handler handler_;
    deadline_heap heap_;
    std::array<std::unique_ptr<deadline>, count> deadlines_;
    std::array<base::time_point, count> times_;
    base::time_point now_ = at(1000);
};

TEST(deadline_heap_random_test, agrees_with_a_plain_list) {
    for (std::uint32_t seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE(seed);
        deadline_heap_model model(seed);
        for (int step = 0; step < 2000; ++step) {
            model.step();
            if (testing::Test::HasFatalFailure()) return;
        }
    }
}

}  // namespace
}  // namespace pgweir::net

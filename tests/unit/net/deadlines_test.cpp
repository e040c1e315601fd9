#include "net/deadlines.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "net/support.hpp"

namespace pgweir::net {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

struct noting_handler final : deadline_handler {
    void on_deadline(int tag, base::time_point now) override {
        tags.push_back(tag);
        times.push_back(now);
        if (then) then(tag);
    }

    std::vector<int> tags;
    std::vector<base::time_point> times;
    std::function<void(int)> then;
};

struct deadlines_test : loop_test {
    bool wait_for_calls(std::size_t count) {
        return run_until([&] { return handler.tags.size() >= count; });
    }

    noting_handler handler;
    deadline_queue deadlines{loop};
    deadline first{handler, 1};
    deadline second{handler, 2};
};

TEST_F(deadlines_test, is_called_never_early_and_within_its_grain_of_the_timer) {
    const base::time_point when = base::clock::now() + 20ms;
    deadlines.arm(first, when);
    ASSERT_TRUE(wait_for_calls(1));
    EXPECT_THAT(handler.tags, ElementsAre(1));
    EXPECT_GE(handler.times[0], when);
    // Wide, because the machine may be busy; the grain itself is 5 ms.
    EXPECT_LT(handler.times[0], when + 2s);
    EXPECT_EQ(handler.times[0], loop.now());
}

TEST_F(deadlines_test, a_time_gone_by_is_due_at_once) {
    deadlines.arm(first, base::clock::now() - 1h);
    ASSERT_TRUE(wait_for_calls(1));
}

TEST_F(deadlines_test, an_earlier_one_does_not_wait_for_the_timer_of_a_later_one) {
    deadlines.arm(first, base::clock::now() + 1h);
    deadlines.arm(second, base::clock::now() + 10ms);
    ASSERT_TRUE(wait_for_calls(1));
    EXPECT_THAT(handler.tags, ElementsAre(2));
}

TEST_F(deadlines_test, moving_one_earlier_moves_the_timer) {
    deadlines.arm(first, base::clock::now() + 1h);
    deadlines.arm(first, base::clock::now() + 10ms);
    ASSERT_TRUE(wait_for_calls(1));
}

TEST_F(deadlines_test, moving_one_later_is_honoured) {
    const base::time_point when = base::clock::now() + 60ms;
    deadlines.arm(first, base::clock::now() + 5ms);
    deadlines.arm(first, when);
    ASSERT_TRUE(wait_for_calls(1));
    EXPECT_GE(handler.times[0], when);
}

TEST_F(deadlines_test, a_disarmed_one_is_not_called) {
    deadlines.arm(first, base::clock::now() + 5ms);
    deadlines.arm(second, base::clock::now() + 30ms);
    deadlines.disarm(first);
    ASSERT_TRUE(wait_for_calls(1));
    EXPECT_THAT(handler.tags, ElementsAre(2));
}

TEST_F(deadlines_test, a_destroyed_one_is_not_called) {
    auto brief = std::make_unique<deadline>(handler, 3);
    deadlines.arm(*brief, base::clock::now() + 5ms);
    deadlines.arm(second, base::clock::now() + 30ms);
    brief.reset();
    ASSERT_TRUE(wait_for_calls(1));
    EXPECT_THAT(handler.tags, ElementsAre(2));
}

TEST_F(deadlines_test, those_of_one_grain_share_a_tick) {
    // Gone by both, so that no boundary of the grain lies between them when the timer fires.
    deadlines.arm(second, base::clock::now() - 1ms);
    deadlines.arm(first, base::clock::now() - 2ms);
    ASSERT_TRUE(wait_for_calls(2));
    EXPECT_THAT(handler.tags, ElementsAre(1, 2));
    EXPECT_EQ(handler.times[0], handler.times[1]);
}

TEST_F(deadlines_test, a_handler_that_always_arms_the_past_does_not_stop_the_loop) {
    handler.then = [&](int) { deadlines.arm(first, base::clock::now() - 1s); };
    deadlines.arm(first, base::clock::now());
    bool posted = false;
    ASSERT_TRUE(wait_for_calls(1));
    loop.post([&] { posted = true; });
    ASSERT_TRUE(run_until([&] { return posted; }));
    ASSERT_TRUE(wait_for_calls(3));
    EXPECT_LT(handler.times[0], handler.times[1]);
}

TEST_F(deadlines_test, a_handler_may_destroy_another_deadline_that_is_due) {
    auto victim = std::make_unique<deadline>(handler, 3);
    handler.then = [&](int) { victim.reset(); };
    deadlines.arm(first, base::clock::now() - 2ms);
    deadlines.arm(*victim, base::clock::now() - 1ms);
    ASSERT_TRUE(wait_for_calls(1));
    settle();
    EXPECT_THAT(handler.tags, ElementsAre(1));
}

TEST_F(deadlines_test, deferred_work_of_a_handler_runs_in_the_same_tick) {
    struct work final : deferred {
        void run() override { ran_at = loop->now(); }
        reactor* loop = nullptr;
        base::time_point ran_at;
    };
    work later;
    later.loop = &loop;
    handler.then = [&](int) { loop.defer(later); };
    deadlines.arm(first, base::clock::now());
    ASSERT_TRUE(wait_for_calls(1));
    EXPECT_EQ(later.ran_at, handler.times[0]);
}

TEST_F(deadlines_test, a_queue_that_is_gone_is_not_touched_by_its_timer) {
    auto brief = std::make_unique<deadline_queue>(loop);
    brief->arm(first, base::clock::now() - 1s);
    brief.reset();
    deadlines.arm(second, base::clock::now() + 20ms);
    ASSERT_TRUE(wait_for_calls(1));
    EXPECT_THAT(handler.tags, ElementsAre(2));
}

}  // namespace
}  // namespace pgweir::net

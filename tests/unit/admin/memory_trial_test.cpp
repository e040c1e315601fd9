#include "admin/memory_trial.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace pgweir::admin {
namespace {

using testing::ElementsAre;

/// A worker that does what was posted when it is told to.
struct one_worker final : state_source {
    void collect(std::function<void(proxy_state)>) override {}
    void run_on(std::uint32_t worker, std::function<void()> work) override {
        EXPECT_EQ(worker, 3U);
        posted.push_back(std::move(work));
    }
    void turn() {
        auto work = std::move(posted.front());
        posted.pop_front();
        work();
    }

    std::deque<std::function<void()>> posted;
};

TEST(memory_trial_test, the_store_keeps_to_the_protocol) {
    for (const trial_line& each : try_protocol({})) EXPECT_TRUE(each.passed) << each.what;
    for (const trial_line& each : try_protocol({}, [](std::string_view, std::uint64_t) { return std::uint64_t{7}; }))
        EXPECT_TRUE(each.passed) << each.what << ", where all keys collide";
}

// One step takes a millisecond, under a sanitizer on a busy machine twenty.
TEST(memory_trial_test, it_is_measured_in_steps) {
    one_worker worker;
    memory_trial trial(worker, {}, std::chrono::milliseconds(500));
    std::vector<trial_line> told;
    trial.run(3, [&told](std::vector<trial_line> lines) { told = std::move(lines); });
    std::size_t turns = 0;
    while (told.empty()) {
        ASSERT_EQ(worker.posted.size(), 1U);
        worker.turn();
        ++turns;
    }
    EXPECT_GT(turns, 1U);
    EXPECT_TRUE(worker.posted.empty());
    ASSERT_GT(told.size(), 3U);
    const std::vector<trial_line> rates(told.end() - 3, told.end());
    EXPECT_THAT((std::vector{rates[0].what, rates[1].what, rates[2].what}), ElementsAre("set", "get", "delete"));
    for (const trial_line& each : rates) {
        EXPECT_TRUE(each.passed) << each.what;
        EXPECT_GT(each.per_second, 1000U) << each.what;
    }
}

TEST(memory_trial_test, a_small_cache_is_tried_all_the_same) {
    cache::settings small;
    small.memory_size = 1;
    small.largest_reply = 1;
    for (const trial_line& each : try_protocol(small)) EXPECT_TRUE(each.passed) << each.what;
}

}  // namespace
}  // namespace pgweir::admin

#include "base/shared_counter.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace pgweir::base {
namespace {

TEST(shared_counter, counts_from_nothing) {
    shared_counter counter;
    EXPECT_EQ(counter.get(), 0U);
    counter.add();
    counter.add();
    EXPECT_EQ(counter.get(), 2U);
}

TEST(shared_counter, loses_no_count_of_any_thread_and_never_falls) {
    constexpr std::uint64_t each = 200'000;
    shared_counter counter;
    std::barrier together(4);
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number) {
        threads.emplace_back([&] {
            together.arrive_and_wait();
            for (std::uint64_t i = 0; i < each; ++i) counter.add();
        });
    }
    std::uint64_t last = 0;
    bool fell = false;
    for (int look = 0; look < 1000; ++look) {
        const std::uint64_t seen = counter.get();
        fell = fell || seen < last;
        last = seen;
    }
    for (auto& thread : threads) thread.join();
    EXPECT_FALSE(fell);
    EXPECT_EQ(counter.get(), 4 * each);
}

TEST(shared_counter, what_is_said_often_counts_now_and_then) {
    const time_point start = time_point{} + std::chrono::hours(1);
    shared_counter counter;
    counter.settle(start);
    EXPECT_EQ(counter.get(), 0U) << "nothing was said";
    counter.add_now_and_then(start);
    EXPECT_EQ(counter.get(), 1U);
    counter.add_now_and_then(start + shared_counter::pause / 2);
    counter.settle(start + shared_counter::pause / 2);
    EXPECT_EQ(counter.get(), 1U);
    counter.settle(start + shared_counter::pause);
    EXPECT_EQ(counter.get(), 2U) << "for what was said in between";
    counter.settle(start + 3 * shared_counter::pause);
    EXPECT_EQ(counter.get(), 2U);
    counter.add();
    EXPECT_EQ(counter.get(), 3U) << "what is sure waits for nothing";
}

}  // namespace
}  // namespace pgweir::base

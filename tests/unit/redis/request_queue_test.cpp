#include "redis/request_queue.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <deque>

namespace pgweir::redis {
namespace {

waiting_request numbered(std::uint32_t number) {
    return {.done = nullptr,
            .asked_at = base::time_point(std::chrono::seconds(number)),
            .bytes = number,
            .replies = number};
}

TEST(request_queue_test, keeps_the_order_however_it_grows_and_turns) {
    request_queue queue;
    std::deque<std::uint32_t> expected;
    std::size_t bytes = 0;
    std::uint32_t next = 1;
    // The depth goes up and down, so that the ring grows with its head anywhere.
    for (std::uint32_t step = 0; step < 5000; ++step) {
        if ((step / 37) % 3 != 2 || expected.empty()) {
            queue.push(numbered(next));
            bytes += next;
            expected.push_back(next++);
        } else {
            ASSERT_EQ(queue.front().replies, expected.front());
            const waiting_request taken = queue.pop();
            ASSERT_EQ(taken.replies, expected.front());
            bytes -= taken.bytes;
            expected.pop_front();
        }
        ASSERT_EQ(queue.size(), expected.size());
        ASSERT_EQ(queue.bytes(), bytes);
        ASSERT_EQ(queue.empty(), expected.empty());
    }
    EXPECT_GT(expected.size(), 1000U);
}

TEST(request_queue_test, keeps_no_callback_of_what_was_taken) {
    request_queue queue;
    const auto captured = std::make_shared<int>(1);
    queue.push({.done = [captured](const answer&) {}, .asked_at = {}, .bytes = 1, .replies = 1});
    EXPECT_EQ(captured.use_count(), 2);
    queue.pop();
    EXPECT_EQ(captured.use_count(), 1);
}

}  // namespace
}  // namespace pgweir::redis

#include "session/pending_request.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace pgweir::test {
namespace {

using session::request_detail;
using session::request_kind;
using session::request_queue;

TEST(RequestQueue, KeepsOrderWhileItGrowsAndWraps) {
    request_queue queue;
    std::uint64_t pushed = 0;
    std::uint64_t popped = 0;
    for (int round = 0; round < 200; ++round) {
        for (int i = 0; i <= round % 7; ++i) queue.push(request_kind::query).unnamed_generation = pushed++;
        for (int i = 0; i < round % 5 && !queue.empty(); ++i) {
            ASSERT_EQ(queue.front().unnamed_generation, popped++);
            queue.pop_front();
        }
        ASSERT_EQ(queue.size(), pushed - popped);
        if (queue.empty()) continue;
        ASSERT_EQ(queue.back().unnamed_generation, pushed - 1);
    }
}

TEST(RequestQueue, PoppedEntriesAreClean) {
    request_queue queue;
    for (int i = 0; i < 40; ++i) {
        auto& entry = queue.push(request_kind::parse);
        EXPECT_FALSE(entry.injected);
        EXPECT_FALSE(entry.detail);
        entry.injected = true;
        entry.detail = std::make_unique<request_detail>();
        queue.pop_front();
    }
}

TEST(RequestQueue, CountsWhatMayHaveToBeUndone) {
    request_queue queue;
    queue.attach(queue.push(request_kind::parse), std::make_unique<request_detail>());
    EXPECT_EQ(queue.uncertain(), 0U);
    auto detail = std::make_unique<request_detail>();
    detail->server_added = true;
    queue.attach(queue.push(request_kind::parse), std::move(detail));
    EXPECT_EQ(queue.uncertain(), 1U);
    queue.pop_front();
    EXPECT_EQ(queue.uncertain(), 1U);
    queue.pop_front();
    EXPECT_EQ(queue.uncertain(), 0U);
}

}  // namespace
}  // namespace pgweir::test

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>

#include "base/bytes.hpp"

namespace pgweir::base {
namespace {

TEST(byte_queue, comes_out_in_the_order_it_came_in) {
    byte_queue queue;
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.view(), "");
    queue.append("hello ");
    queue.append("world");
    EXPECT_EQ(queue.size(), 11U);
    EXPECT_EQ(queue.view(), "hello world");
    queue.consume(6);
    EXPECT_EQ(queue.view(), "world");
    queue.consume(0);
    EXPECT_EQ(queue.view(), "world");
    queue.append("!");
    EXPECT_EQ(queue.view(), "world!");
    EXPECT_FALSE(queue.empty());
    queue.consume(6);
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.size(), 0U);
}

TEST(byte_queue, holds_any_byte) {
    byte_queue queue;
    const std::string bytes("\0\xff\0", 3);
    queue.append(bytes);
    EXPECT_EQ(queue.view(), bytes);
    queue.consume(1);
    EXPECT_EQ(queue.view(), bytes_view(bytes).substr(1));
}

TEST(byte_queue, lets_go_of_a_large_buffer_when_it_is_empty) {
    const std::size_t of_a_fresh_one = byte_queue().capacity();
    byte_queue queue;
    queue.append(std::string(100'000, 'x'));
    queue.consume(99'999);
    queue.consume(1);
    EXPECT_EQ(queue.capacity(), of_a_fresh_one);
    queue.append(std::string(100'000, 'x'));
    queue.clear();
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.capacity(), of_a_fresh_one);
}

TEST(byte_queue, keeps_a_small_buffer_for_the_next_message) {
    byte_queue queue;
    queue.append(std::string(500, 'x'));
    queue.consume(500);
    EXPECT_GE(queue.capacity(), 500U);
    EXPECT_EQ(queue.view(), "");
}

TEST(byte_queue, clear_forgets_what_was_consumed_too) {
    byte_queue queue;
    queue.append("abcdef");
    queue.consume(3);
    queue.clear();
    EXPECT_TRUE(queue.empty());
    queue.append("xy");
    EXPECT_EQ(queue.view(), "xy");
}

TEST(byte_queue, one_that_is_never_quite_empty_does_not_grow) {
    byte_queue queue;
    queue.append("x");
    for (int round = 0; round < 10'000; ++round) {
        queue.append(std::string(100, 'y'));
        queue.consume(100);
    }
    EXPECT_EQ(queue.view(), "y");
    EXPECT_LE(queue.capacity(), 1000U);
}

TEST(byte_queue, a_writer_at_the_end_does_not_disturb_what_is_unread) {
    byte_queue queue;
    queue.append("abcdef");
    queue.consume(4);
    queue.storage() += "gh";
    EXPECT_EQ(queue.view(), "efgh");
    EXPECT_EQ(queue.size(), 4U);
    queue.append("i");
    EXPECT_EQ(queue.view(), "efghi");
}

TEST(byte_queue, is_what_a_string_would_be) {
    std::minstd_rand random(1);
    byte_queue queue;
    std::string model;
    char next = 'a';
    for (int round = 0; round < 20'000; ++round) {
        const std::size_t size = random() % 40;
        if (random() % 2 == 0) {
            const std::string more(size, next = next == 'z' ? 'a' : static_cast<char>(next + 1));
            if (random() % 4 == 0)
                queue.storage() += more;
            else
                queue.append(more);
            model += more;
        } else {
            const std::size_t count = std::min(size, model.size());
            queue.consume(count);
            model.erase(0, count);
        }
        ASSERT_EQ(queue.view(), model) << "round " << round;
        ASSERT_EQ(queue.size(), model.size());
        ASSERT_EQ(queue.empty(), model.empty());
    }
}

}  // namespace
}  // namespace pgweir::base

#include "relay/cancel_registry.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace pgweir::relay {
namespace {

TEST(cancel_registry, finds_the_client_of_a_key) {
    cancel_registry keys;
    EXPECT_TRUE(keys.add(7, "abcd", {.worker = 1, .client = 42}));
    const auto found = keys.find(7, "abcd");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->worker, 1U);
    EXPECT_EQ(found->client, 42U);
}

TEST(cancel_registry, all_of_a_key_must_be_right) {
    cancel_registry keys;
    keys.add(7, "abcd", {});
    EXPECT_FALSE(keys.find(8, "abcd"));
    EXPECT_FALSE(keys.find(-7, "abcd"));
    for (const std::string wrong : {"", "abc", "abce", "Abcd", "abcde"}) EXPECT_FALSE(keys.find(7, wrong)) << wrong;
    EXPECT_FALSE(keys.find(7, std::string("abcd\0", 5)));
}

TEST(cancel_registry, keys_may_hold_nul) {
    cancel_registry keys;
    keys.add(1, std::string("\0\0\0\0", 4), {.worker = 0, .client = 1});
    keys.add(1, std::string("\0\0\0\1", 4), {.worker = 0, .client = 2});
    EXPECT_EQ(keys.find(1, std::string("\0\0\0\0", 4))->client, 1U);
    EXPECT_EQ(keys.find(1, std::string("\0\0\0\1", 4))->client, 2U);
}

TEST(cancel_registry, no_two_clients_have_one_key) {
    cancel_registry keys;
    EXPECT_TRUE(keys.add(7, "abcd", {.worker = 0, .client = 1}));
    EXPECT_FALSE(keys.add(7, "abcd", {.worker = 0, .client = 2}));
    EXPECT_EQ(keys.find(7, "abcd")->client, 1U);
    EXPECT_TRUE(keys.add(8, "abcd", {.worker = 0, .client = 2}));
    EXPECT_TRUE(keys.add(7, "abce", {.worker = 0, .client = 3}));
}

TEST(cancel_registry, a_client_that_left_is_found_no_more) {
    cancel_registry keys;
    keys.add(7, "abcd", {.worker = 0, .client = 1});
    keys.add(8, "abcd", {.worker = 0, .client = 2});
    keys.remove(7, "abcd");
    keys.remove(7, "abcd");
    EXPECT_FALSE(keys.find(7, "abcd"));
    EXPECT_EQ(keys.find(8, "abcd")->client, 2U);
    EXPECT_TRUE(keys.add(7, "abcd", {.worker = 0, .client = 3}));
    EXPECT_EQ(keys.find(7, "abcd")->client, 3U);
}

TEST(cancel_registry, any_thread_may_use_it) {
    cancel_registry keys;
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (std::uint32_t number = 0; number < 3; ++number) {
        threads.emplace_back([&, number] {
            const std::string secret(4, static_cast<char>('a' + number));
            for (std::int32_t round = 0; round < 1000; ++round) {
                if (!keys.add(round, secret, {.worker = number, .client = 1})) ++wrong;
                const auto found = keys.find(round, secret);
                if (!found || found->worker != number) ++wrong;
                keys.remove(round, secret);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace pgweir::relay

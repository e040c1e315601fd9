#include <gtest/gtest.h>

#include <utility>

#include "pool/pool_lab.hpp"
#include "pool/server_pool.hpp"

namespace pgweir::pool::test {
namespace {

struct server_pool_cancel : testing::Test {
    pool_lab lab{of_size(1)};
    std::unique_ptr<member> server = lab.lend();
    std::uint64_t id = server->id();
    waiter next{0};
};

TEST_F(server_pool_cancel, not_lent_until_the_cancel_connection_saw_eof) {
    lab.pool.cancel_started(id);
    lab.ask(next);
    const auto back = lab.pool.give_back(std::move(server), lab.now);
    EXPECT_EQ(back.to, nullptr);
    EXPECT_EQ(back.server, nullptr);
    EXPECT_TRUE(next.queued());
    EXPECT_EQ(lab.look().limbo, 1U);
    EXPECT_EQ(lab.look().idle, 0U);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U) << "it still has its place";
    EXPECT_FALSE(lab.pool.at_rest());

    const auto freed = lab.pool.cancel_finished(id, lab.now);
    EXPECT_EQ(freed.to, &next);
    EXPECT_EQ(freed.server->id(), id);
    EXPECT_EQ(lab.look().cancels, 0U);
}

TEST_F(server_pool_cancel, each_of_several_counts) {
    lab.pool.cancel_started(id);
    lab.pool.cancel_started(id);
    lab.pool.give_back(std::move(server), lab.now);
    lab.ask(next);
    EXPECT_EQ(lab.pool.cancel_finished(id, lab.now).to, nullptr);
    EXPECT_EQ(lab.pool.cancel_finished(id, lab.now).to, &next);
}

TEST_F(server_pool_cancel, finished_while_it_is_lent) {
    lab.pool.cancel_started(id);
    const auto handed = lab.pool.cancel_finished(id, lab.now);
    EXPECT_EQ(handed.to, nullptr);
    EXPECT_EQ(handed.server, nullptr);
    lab.ask(next);
    EXPECT_EQ(lab.pool.give_back(std::move(server), lab.now).to, &next);
}

TEST_F(server_pool_cancel, becomes_idle_when_nobody_waits) {
    lab.pool.cancel_started(id);
    lab.pool.give_back(std::move(server), lab.now);
    lab.pool.cancel_finished(id, lab.now);
    EXPECT_EQ(lab.look().idle, 1U);
    EXPECT_TRUE(lab.pool.at_rest());
}

TEST_F(server_pool_cancel, lost_closes_it_in_limbo) {
    lab.pool.cancel_started(id);
    lab.pool.cancel_started(id);
    lab.pool.give_back(std::move(server), lab.now);
    EXPECT_TRUE(lab.pool.cancel_lost(id, lab.now).must_close());
    EXPECT_EQ(lab.pool.cancel_finished(id, lab.now).server, nullptr) << "the other one finds nothing any more";
    EXPECT_TRUE(lab.pool.at_rest());
}

TEST_F(server_pool_cancel, lost_while_lent_closes_it_at_its_return) {
    lab.pool.cancel_started(id);
    EXPECT_FALSE(lab.pool.cancel_lost(id, lab.now).must_close());
    lab.ask(next);
    EXPECT_TRUE(lab.pool.give_back(std::move(server), lab.now).must_close());
    EXPECT_TRUE(next.queued());
    EXPECT_EQ(lab.look().cancels, 0U);
}

TEST_F(server_pool_cancel, a_doomed_server_does_not_wait) {
    lab.pool.cancel_started(id);
    server->doom();
    EXPECT_TRUE(lab.pool.give_back(std::move(server), lab.now).must_close());
    EXPECT_EQ(lab.pool.cancel_finished(id, lab.now).server, nullptr);
    EXPECT_TRUE(lab.pool.at_rest());
}

TEST_F(server_pool_cancel, of_a_server_that_is_gone) {
    lab.pool.cancel_started(id);
    server.reset();
    EXPECT_EQ(lab.pool.cancel_finished(id, lab.now).server, nullptr);
    EXPECT_EQ(lab.pool.cancel_finished(4711, lab.now).server, nullptr);
    EXPECT_TRUE(lab.pool.at_rest());
}

TEST_F(server_pool_cancel, eof_in_limbo_takes_it_out) {
    lab.pool.cancel_started(id);
    lab.pool.give_back(std::move(server), lab.now);
    EXPECT_TRUE(lab.pool.take_idle(id, lab.now));
    EXPECT_EQ(lab.pool.cancel_finished(id, lab.now).server, nullptr);
    EXPECT_TRUE(lab.pool.at_rest());
}

}  // namespace
}  // namespace pgweir::pool::test

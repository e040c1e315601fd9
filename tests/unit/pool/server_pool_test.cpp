#include "pool/server_pool.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <utility>
#include <vector>

#include "pool/pool_lab.hpp"

namespace pgweir::pool::test {
namespace {

using kind = acquisition::kind;

TEST(server_pool, an_idle_server_is_granted_the_most_recently_used_first) {
    pool_lab lab(of_size(5));
    const auto ids = lab.stock(3);
    waiter client(0);
    const auto got = lab.pool.acquire(client, lab.now);
    ASSERT_EQ(got.what, kind::granted);
    EXPECT_EQ(got.server->id(), ids[2]);
    EXPECT_FALSE(client.queued());
    EXPECT_EQ(lab.look().lent, 1U);
    EXPECT_EQ(lab.look().idle, 2U);
}

TEST(server_pool, handed_directly_to_the_oldest_waiter) {
    pool_lab lab(of_size(1));
    auto server = lab.lend();
    waiter first(0);
    waiter second(0);
    EXPECT_EQ(lab.ask(first), kind::queued);
    lab.now += 1s;
    EXPECT_EQ(lab.ask(second), kind::queued);
    EXPECT_EQ(lab.look().oldest_wait, 1s);

    auto handed = lab.pool.give_back(std::move(server), lab.now);
    EXPECT_EQ(handed.to, &first);
    ASSERT_TRUE(handed.server);
    EXPECT_FALSE(first.queued());
    EXPECT_EQ(lab.look().lent, 1U) << "on its way it counts as lent";
    EXPECT_EQ(lab.look().idle, 0U);

    handed = lab.pool.give_back(std::move(handed.server), lab.now);
    EXPECT_EQ(handed.to, &second);
}

TEST(server_pool, has_one_at_once_while_nobody_has_to_wait) {
    pool_lab lab(of_size(1));
    EXPECT_TRUE(lab.pool.has_one_at_once()) << "there is a place";
    auto server = lab.lend();
    EXPECT_FALSE(lab.pool.has_one_at_once());
    waiter first(0);
    EXPECT_EQ(lab.ask(first), kind::queued);
    auto handed = lab.pool.give_back(std::move(server), lab.now);
    EXPECT_FALSE(lab.pool.has_one_at_once()) << "it is on its way to another";
    static_cast<void>(lab.pool.give_back(std::move(handed.server), lab.now));
    EXPECT_TRUE(lab.pool.has_one_at_once());
}

TEST(server_pool, who_gives_back_and_asks_again_goes_to_the_end) {
    pool_lab lab(of_size(1));
    auto server = lab.lend();
    waiter patient(0);
    waiter greedy(0);
    lab.ask(patient);
    auto handed = lab.pool.give_back(std::move(server), lab.now);
    EXPECT_EQ(lab.ask(greedy), kind::queued);
    EXPECT_EQ(handed.to, &patient);
}

TEST(server_pool, a_deadline_is_set_and_off_means_never) {
    settings how = of_size(1);
    how.queue_max_wait = 30s;
    pool_lab lab(how);
    waiter client(0);
    lab.ask(client);
    EXPECT_EQ(client.deadline(), lab.now + 30s);
    EXPECT_EQ(client.since(), lab.now);
    lab.pool.abandon(client, lab.now);
    how.queue_max_wait = base::off;
    lab.pool.set_settings(how, lab.now);
    lab.ask(client);
    EXPECT_EQ(client.deadline(), base::never);
}

TEST(server_pool, a_full_queue_rejects) {
    settings how = of_size(1);
    how.queue_max_length = 2;
    pool_lab lab(how);
    auto server = lab.lend();
    std::deque<waiter> clients;
    for (int i = 0; i < 3; ++i) clients.emplace_back(0U);
    EXPECT_EQ(lab.ask(clients[0]), kind::queued);
    EXPECT_EQ(lab.ask(clients[1]), kind::queued);
    EXPECT_EQ(lab.ask(clients[2]), kind::rejected);
    EXPECT_FALSE(clients[2].queued());
    EXPECT_EQ(lab.look().totals.rejected, 1U);
    lab.pool.abandon(clients[0], lab.now);
    EXPECT_EQ(lab.ask(clients[2]), kind::queued) << "who leaves frees the place at once";
}

TEST(server_pool, an_abandoned_turn_is_skipped) {
    pool_lab lab(of_size(1));
    auto server = lab.lend();
    std::deque<waiter> clients;
    for (int i = 0; i < 1000; ++i) lab.ask(clients.emplace_back(0U));
    for (std::size_t i = 0; i < 999; ++i) lab.pool.abandon(clients[i], lab.now);
    EXPECT_EQ(lab.look().waiting, 1U);
    EXPECT_EQ(lab.look().totals.abandoned, 999U);
    EXPECT_EQ(lab.look().peak_waiting, 1000U);
    EXPECT_EQ(lab.pool.give_back(std::move(server), lab.now).to, &clients[999]);
}

TEST(server_pool, ten_thousand_clients_time_out_while_being_handed_a_server) {
    pool_lab lab(of_size(4));
    auto lent = lab.lend_many(4);
    std::deque<waiter> clients;
    for (int i = 0; i < 10000; ++i) lab.ask(clients.emplace_back(i % 2 == 0 ? 0U : 1U));
    lab.now += 30s;
    std::size_t served = 0;
    while (lab.look().waiting > 0) {
        auto handed = lab.pool.give_back(std::move(lent[served % 4]), lab.now);
        ASSERT_NE(handed.to, nullptr);
        lab.pool.handoff_started();
        lab.pool.abandon(*handed.to, lab.now);  // its deadline fires before the server arrives
        lab.pool.handoff_finished();
        lent[served++ % 4] = std::move(handed.server);
    }
    EXPECT_EQ(served, 10000U);
    EXPECT_EQ(lab.look().lent, 4U);
    for (auto& server : lent) EXPECT_EQ(lab.pool.give_back(std::move(server), lab.now).server, nullptr);
    EXPECT_EQ(lab.look().idle, 4U);
    EXPECT_TRUE(lab.pool.at_rest());
    EXPECT_EQ(lab.look().totals.abandoned, 0U) << "they had left the queue by being served";
}

TEST(server_pool, a_dead_server_costs_the_client_no_turn) {
    pool_lab lab(of_size(1));
    lab.stock(1);
    waiter unlucky(0);
    auto got = lab.pool.acquire(unlucky, lab.now);
    ASSERT_EQ(got.what, kind::granted);
    lab.now += 1s;
    waiter later(0);
    EXPECT_EQ(lab.ask(later), kind::queued);
    got.server->doom();
    auto back = lab.pool.give_back(std::move(got.server), lab.now);
    EXPECT_TRUE(back.must_close());
    EXPECT_EQ(lab.pool.reacquire(unlucky, lab.now).what, kind::queued);
    EXPECT_EQ(unlucky.since(), start + 1ms);
    back.server.reset();
    EXPECT_EQ(lab.connect().to, &unlucky);
}

TEST(server_pool, a_doomed_server_is_closed_and_replaced) {
    pool_lab lab(of_size(1));
    auto server = lab.lend();
    waiter client(0);
    lab.ask(client);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
    server->doom();
    auto back = lab.pool.give_back(std::move(server), lab.now);
    ASSERT_TRUE(back.must_close());
    EXPECT_TRUE(client.queued());
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U) << "its place is taken until it is closed";
    EXPECT_LE(lab.pool.next_event(), lab.now + 10ms) << "and the pool looks again soon";
    back.server.reset();
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 1U);
}

TEST(server_pool, a_destroyed_lent_server_frees_its_place) {
    pool_lab lab(of_size(1));
    auto server = lab.lend();
    server.reset();
    EXPECT_EQ(lab.look().open, 0U);
    EXPECT_EQ(lab.look().lent, 0U);
    EXPECT_TRUE(lab.pool.at_rest());
}

TEST(server_pool, members_may_outlive_the_pool) {
    std::unique_ptr<member> server;
    waiter client(0);
    {
        pool_lab lab(of_size(1));
        server = lab.lend();
        lab.ask(client);
    }
    EXPECT_FALSE(client.queued());
    server.reset();
}

TEST(server_pool, another_workers_waiter_is_overtaken_by_2_ms_at_most) {
    pool_lab lab(of_size(1));
    auto server = lab.lend(1);
    waiter first(0);
    waiter near(1);
    waiter late(1);
    lab.ask(first);
    lab.now += 2ms;
    lab.ask(near);
    lab.now += 1ms;
    lab.ask(late);
    auto handed = lab.pool.give_back(std::move(server), lab.now);
    EXPECT_EQ(handed.to, &near);
    handed = lab.pool.give_back(std::move(handed.server), lab.now);
    EXPECT_EQ(handed.to, &first);
    handed = lab.pool.give_back(std::move(handed.server), lab.now);
    EXPECT_EQ(handed.to, &late);
}

TEST(server_pool, integrals_are_exact) {
    pool_lab lab(of_size(2));
    auto lent = lab.lend_many(2);
    lab.now += 10s;  // two busy
    waiter client(0);
    lab.ask(client);
    lab.now += 500ms;  // two busy, one waits, saturated
    auto handed = lab.pool.give_back(std::move(lent[0]), lab.now);
    lab.now += 1s;  // two busy
    lab.pool.give_back(std::move(handed.server), lab.now);
    lab.now += 2s;  // one busy
    const auto s = lab.look();
    EXPECT_DOUBLE_EQ(s.busy_seconds, 20 + 1 + 2 + 2);
    EXPECT_DOUBLE_EQ(s.waiting_seconds, 0.5);
    EXPECT_DOUBLE_EQ(s.saturated_seconds, 0.5);
    lab.pool.give_back(std::move(lent[1]), lab.now);
    lab.now += 100s;
    EXPECT_DOUBLE_EQ(lab.look().busy_seconds, 25);
}

TEST(server_pool, waiting_for_a_connect_is_not_saturation) {
    pool_lab lab(of_size(2));
    waiter client(0);
    lab.ask(client);
    const slot place = lab.pool.begin_connect(lab.now);
    lab.now += 1s;
    EXPECT_DOUBLE_EQ(lab.look().waiting_seconds, 1);
    EXPECT_DOUBLE_EQ(lab.look().saturated_seconds, 0);
}

TEST(server_pool, a_wait_that_ends_in_nothing_is_counted) {
    pool_lab lab(of_size(1));
    auto server = lab.lend();
    waiter client(0);
    lab.ask(client);
    lab.now += 30s;
    lab.pool.abandon(client, lab.now);
    EXPECT_DOUBLE_EQ(lab.look().waiting_seconds, 30);
}

TEST(server_pool, at_rest_only_when_nothing_is_under_way) {
    pool_lab lab(of_size(2));
    EXPECT_TRUE(lab.pool.at_rest());
    waiter client(0);
    lab.ask(client);
    EXPECT_FALSE(lab.pool.at_rest());
    {
        slot place = lab.pool.begin_connect(lab.now);
        lab.pool.abandon(client, lab.now);
        EXPECT_FALSE(lab.pool.at_rest());
    }
    EXPECT_TRUE(lab.pool.at_rest());
    auto server = lab.lend();
    EXPECT_FALSE(lab.pool.at_rest());
    lab.pool.handoff_started();
    lab.pool.give_back(std::move(server), lab.now);
    EXPECT_FALSE(lab.pool.at_rest());
    lab.pool.handoff_finished();
    EXPECT_TRUE(lab.pool.at_rest());
}

}  // namespace
}  // namespace pgweir::pool::test

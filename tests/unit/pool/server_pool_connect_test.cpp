#include <gtest/gtest.h>

#include <deque>
#include <utility>
#include <vector>

#include "pool/pool_lab.hpp"
#include "pool/server_pool.hpp"

namespace pgweir::pool::test {
namespace {

using kind = acquisition::kind;

TEST(server_pool_connect, a_cold_pool_of_20_fills_in_bursts) {
    settings how = of_size(20);
    how.connect_burst = 4;
    pool_lab lab(how);
    std::deque<waiter> clients;
    for (int i = 0; i < 64; ++i) lab.ask(clients.emplace_back(0U));
    std::vector<std::unique_ptr<member>> lent;
    for (int round = 0; round < 5; ++round) {
        std::vector<slot> places;
        while (slot place = lab.pool.begin_connect(lab.now)) places.push_back(std::move(place));
        ASSERT_EQ(places.size(), 4U) << "round " << round;
        EXPECT_EQ(lab.look().connecting, 4U);
        lab.now += 5ms;
        for (auto& place : places) {
            auto handed = lab.pool.connected(lab.open(std::move(place)), lab.now);
            EXPECT_EQ(handed.to, &clients[lent.size()]);
            lent.push_back(std::move(handed.server));
        }
    }
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
    EXPECT_EQ(lab.look().open, 20U);
    EXPECT_EQ(lab.look().waiting, 44U);
}

TEST(server_pool_connect, a_burst_as_large_as_the_pool_fills_it_in_one_connect_time) {
    settings how = of_size(20);
    how.connect_burst = 20;
    pool_lab lab(how);
    std::deque<waiter> clients;
    for (int i = 0; i < 64; ++i) lab.ask(clients.emplace_back(0U));
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 20U);
}

TEST(server_pool_connect, no_more_than_waiters) {
    pool_lab lab(of_size(20));
    waiter one(0);
    waiter two(0);
    lab.ask(one);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 1U);
    const slot place = lab.pool.begin_connect(lab.now);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
    EXPECT_FALSE(lab.pool.begin_connect(lab.now));
    lab.ask(two);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 1U);
}

TEST(server_pool_connect, a_connect_nobody_waits_for_any_more_becomes_idle) {
    pool_lab lab(of_size(20));
    waiter client(0);
    lab.ask(client);
    slot place = lab.pool.begin_connect(lab.now);
    lab.pool.abandon(client, lab.now);
    const auto handed = lab.pool.connected(lab.open(std::move(place)), lab.now);
    EXPECT_EQ(handed.to, nullptr);
    EXPECT_EQ(handed.server, nullptr);
    EXPECT_EQ(lab.look().idle, 1U);
}

TEST(server_pool_connect, a_dropped_slot_leaks_nothing) {
    pool_lab lab(of_size(1));
    waiter client(0);
    lab.ask(client);
    { const slot place = lab.pool.begin_connect(lab.now); }
    EXPECT_EQ(lab.look().connecting, 0U);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 1U);
}

TEST(server_pool_connect, while_unreachable_waiters_wait_and_connects_are_paced) {
    pool_lab lab(of_size(20));
    std::deque<waiter> clients;
    for (int i = 0; i < 10; ++i) lab.ask(clients.emplace_back(0U));
    int attempts = 0;
    const auto end = lab.now + 10s;
    while (lab.now < end) {
        while (lab.pool.connects_wanted(lab.now) > 0) {
            slot place = lab.pool.begin_connect(lab.now);
            ++attempts;
            EXPECT_LE(lab.pool.connects_wanted(lab.now), attempts == 1 ? 3U : 0U) << "one at a time after a failure";
            place = slot();
            EXPECT_TRUE(lab.pool.connect_failed(connect_failure::unreachable, lab.now, 0).empty());
        }
        const auto next = lab.pool.next_event();
        ASSERT_NE(next, base::never);
        ASSERT_GT(next, lab.now);
        EXPECT_LE(next, lab.now + 1s);
        lab.now = next;
    }
    EXPECT_GE(attempts, 10);
    EXPECT_LE(attempts, 30);
    EXPECT_EQ(lab.look().waiting, 10U);
    EXPECT_EQ(lab.connect().to, &clients[0]) << "and the first that succeeds serves the oldest";
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 4U) << "with the pace back to normal";
}

TEST(server_pool_connect, failures_of_a_burst_count_as_one) {
    pool_lab lab(of_size(20));
    std::deque<waiter> clients;
    for (int i = 0; i < 10; ++i) lab.ask(clients.emplace_back(0U));
    std::vector<slot> places;
    while (slot place = lab.pool.begin_connect(lab.now)) places.push_back(std::move(place));
    places.clear();
    for (int i = 0; i < 4; ++i) lab.pool.connect_failed(connect_failure::starting_up, lab.now, ~0ULL);
    EXPECT_LE(lab.pool.next_event(), lab.now + 100ms);
}

TEST(server_pool_connect, rejected_login_fails_all_waiters_when_no_server_lives) {
    pool_lab lab(of_size(20));
    std::deque<waiter> clients;
    for (int i = 0; i < 3; ++i) lab.ask(clients.emplace_back(0U));
    const auto failed = lab.fail(connect_failure::login_rejected);
    ASSERT_EQ(failed.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(failed[i], &clients[i]);
        EXPECT_FALSE(clients[i].queued());
    }
    EXPECT_EQ(lab.look().totals.dismissed, 3U);
    waiter next(0);
    EXPECT_EQ(lab.ask(next), kind::queued);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U) << "clients with a wrong password cannot make a login storm";
    EXPECT_LE(lab.pool.next_event(), lab.now + 1s);
}

TEST(server_pool_connect, no_failure_fails_a_waiter_while_a_server_lives) {
    for (const auto why : {connect_failure::unreachable, connect_failure::timed_out, connect_failure::starting_up,
                           connect_failure::refused_by_limit, connect_failure::login_rejected}) {
        pool_lab lab(of_size(20));
        const auto server = lab.lend();
        waiter client(0);
        lab.ask(client);
        EXPECT_TRUE(lab.fail(why).empty());
        EXPECT_TRUE(client.queued());
    }
}

TEST(server_pool_connect, a_server_in_limbo_lives) {
    pool_lab lab(of_size(20));
    auto server = lab.lend();
    lab.pool.cancel_started(server->id());
    lab.pool.give_back(std::move(server), lab.now);
    waiter client(0);
    lab.ask(client);
    EXPECT_TRUE(lab.fail(connect_failure::login_rejected).empty());
}

TEST(server_pool_connect, refused_by_limit_lowers_the_effective_size) {
    pool_lab lab(of_size(20));
    const auto lent = lab.lend_many(7);
    waiter client(0);
    lab.ask(client);
    EXPECT_TRUE(lab.fail(connect_failure::refused_by_limit).empty());
    EXPECT_EQ(lab.look().effective_size, 7U);
    EXPECT_EQ(lab.look().totals.connects_refused, 1U);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
    const auto probe = lab.pool.next_event();
    EXPECT_GE(probe, lab.now + 750ms);
    EXPECT_LE(probe, lab.now + 1250ms);
    lab.now = probe;
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 1U);
    EXPECT_EQ(lab.connect().to, &client);
    EXPECT_EQ(lab.look().effective_size, 8U);
}

TEST(server_pool_connect, without_demand_a_full_server_is_not_asked) {
    settings how = of_size(20);
    how.min_idle = 5;
    pool_lab lab(how);
    const auto lent = lab.lend_many(7);
    waiter client(0);
    lab.ask(client);
    lab.fail(connect_failure::refused_by_limit);
    lab.pool.abandon(client, lab.now);
    lab.now += 1h;
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
}

TEST(server_pool_connect, refused_with_nothing_open_waits_and_retries) {
    for (const std::uint32_t size : {1U, 20U}) {
        pool_lab lab(of_size(size));
        waiter client(0);
        lab.ask(client);
        EXPECT_TRUE(lab.fail(connect_failure::refused_by_limit).empty());
        EXPECT_TRUE(client.queued());
        EXPECT_EQ(lab.look().effective_size, 1U);
        EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
        EXPECT_LE(lab.pool.next_event(), lab.now + 1s);
        lab.now = lab.pool.next_event();
        EXPECT_EQ(lab.connect().to, &client);
    }
}

TEST(server_pool_connect, a_refused_reserve_is_not_asked_for_at_once) {
    settings how = of_size(1);
    how.reserve_size = 1;
    how.reserve_after = 5s;
    pool_lab lab(how);
    const auto server = lab.lend();
    waiter client(0);
    lab.ask(client);
    lab.now += 5s;
    lab.fail(connect_failure::refused_by_limit);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
    EXPECT_GT(lab.pool.next_event(), lab.now);
    EXPECT_LE(lab.pool.next_event(), lab.now + 1s);
}

TEST(server_pool_connect, there_is_no_reserve_while_the_server_is_full) {
    settings how = of_size(20);
    how.reserve_size = 5;
    how.reserve_after = 100ms;
    pool_lab lab(how);
    const auto lent = lab.lend_many(7);
    waiter client(0);
    lab.ask(client);
    lab.fail(connect_failure::refused_by_limit);
    lab.now += 200ms;
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
}

TEST(server_pool_connect, reserve_opens_when_the_oldest_has_waited_and_goes_with_the_queue) {
    settings how = of_size(2);
    how.reserve_size = 1;
    how.reserve_after = 5s;
    pool_lab lab(how);
    auto lent = lab.lend_many(2);
    waiter one(0);
    waiter two(0);
    lab.ask(one);
    lab.ask(two);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
    EXPECT_EQ(lab.pool.next_event(), lab.now + 5s);
    lab.now += 5s;
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 1U);
    auto handed = lab.connect();
    EXPECT_EQ(handed.to, &one);
    EXPECT_EQ(lab.look().reserve_in_use, 1U);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);

    auto again = lab.pool.give_back(std::move(handed.server), lab.now);
    EXPECT_EQ(again.to, &two) << "it serves on as long as somebody waits";
    const auto back = lab.pool.give_back(std::move(again.server), lab.now);
    EXPECT_TRUE(back.must_close()) << "then it goes";
    EXPECT_EQ(lab.look().open, 2U);
}

TEST(server_pool_connect, min_idle_is_kept_while_the_pool_is_used) {
    settings how = of_size(5);
    how.min_idle = 2;
    how.server_idle_timeout = 10min;
    pool_lab lab(how);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U) << "nobody has used it yet";
    lab.pool.client_arrived(lab.now);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 2U);
    lab.connect();
    lab.connect();
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
    auto server = lab.lend();
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 1U) << "one idle server was taken";
    lab.connect();
    lab.pool.give_back(std::move(server), lab.now);
    EXPECT_EQ(lab.look().idle, 3U);

    lab.now += 10min;
    EXPECT_EQ(lab.pool.tend(lab.now).size(), 1U) << "idle timeout stops at min_idle";
    EXPECT_EQ(lab.look().idle, 2U);
    lab.now += 24h;
    how.server_lifetime = base::off;
    lab.pool.set_settings(how, lab.now);
    EXPECT_TRUE(lab.pool.tend(lab.now).empty());
    EXPECT_EQ(lab.pool.next_event(), base::never);

    lab.pool.client_left(lab.now);
    EXPECT_EQ(lab.pool.next_event(), lab.now + 10min);
    lab.now += 10min;
    EXPECT_EQ(lab.pool.tend(lab.now).size(), 2U) << "nobody uses it any more";
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
}

TEST(server_pool_connect, min_idle_works_without_being_told_of_clients) {
    settings how = of_size(5);
    how.min_idle = 2;
    pool_lab lab(how);
    auto server = lab.lend();
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 2U);
    lab.pool.give_back(std::move(server), lab.now);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 1U);
}

}  // namespace
}  // namespace pgweir::pool::test

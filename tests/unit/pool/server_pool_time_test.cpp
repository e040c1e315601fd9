#include <gtest/gtest.h>

#include <random>
#include <set>
#include <utility>
#include <vector>

#include "pool/pool_lab.hpp"
#include "pool/server_pool.hpp"

namespace pgweir::pool::test {
namespace {

settings lasting(std::uint32_t size) {
    settings how = of_size(size);
    how.server_idle_timeout = base::off;
    how.server_lifetime = base::off;
    return how;
}

TEST(server_pool_time, zero_switches_every_timeout_off) {
    settings how = lasting(5);
    how.server_check_after = base::off;
    pool_lab lab(how);
    lab.stock(5);
    EXPECT_EQ(lab.pool.next_event(), base::never);
    lab.now += 10000h;
    EXPECT_TRUE(lab.pool.tend(lab.now).empty());
    EXPECT_FALSE(lab.lend()->unused_for(lab.pool.current_settings().server_check_after, lab.now));
}

TEST(server_pool_time, idle_timeout_takes_the_longest_unused) {
    settings how = lasting(5);
    how.server_idle_timeout = 1min;
    pool_lab lab(how);
    const auto ids = lab.stock(3);
    EXPECT_EQ(lab.pool.next_event(), start + 1ms + 1min);
    lab.now = start + 1ms + 1min;
    const auto closed = lab.pool.tend(lab.now);
    ASSERT_EQ(closed.size(), 1U);
    EXPECT_EQ(closed[0]->id(), ids[0]);
    EXPECT_EQ(lab.pool.next_event(), start + 2ms + 1min);
    EXPECT_EQ(lab.look().totals.closed_idle, 1U);
}

TEST(server_pool_time, check_after_asks_for_a_probe) {
    settings how = lasting(1);
    how.server_check_after = 30s;
    pool_lab lab(how);
    lab.stock(1);
    lab.now += 30s;
    auto server = lab.lend();
    EXPECT_FALSE(server->unused_for(lab.pool.current_settings().server_check_after, lab.now));
    EXPECT_TRUE(server->unused_for(lab.pool.current_settings().server_check_after, lab.now + 1ns));
    lab.now += 1h;
    lab.pool.give_back(std::move(server), lab.now);
    EXPECT_FALSE(lab.lend()->unused_for(lab.pool.current_settings().server_check_after, lab.now))
        << "it has just been used";
}

TEST(server_pool_time, lifetimes_are_jittered_and_end_one_at_a_time) {
    settings how = lasting(20);
    how.server_lifetime = 1h;
    how.connect_burst = 20;
    pool_lab lab(how);
    std::mt19937_64 random(7);  // NOLINT: the same history each time
    std::set<base::time_point> ends;
    std::vector<std::unique_ptr<member>> lent;
    for (int i = 0; i < 20; ++i) {
        waiter client(0);
        lab.ask(client);
        auto place = lab.pool.begin_connect(lab.now);
        lent.push_back(lab.pool.connected(lab.open(std::move(place), 0, random()), lab.now).server);
        ends.insert(lent.back()->expires());
        EXPECT_GE(lent.back()->expires(), start + 48min);
        EXPECT_LE(lent.back()->expires(), start + 1h);
    }
    EXPECT_EQ(ends.size(), 20U);
    for (auto& server : lent) lab.pool.give_back(std::move(server), lab.now);

    base::time_point last{};
    std::size_t closed = 0;
    while (closed < 20) {
        const auto next = lab.pool.next_event();
        ASSERT_NE(next, base::never);
        ASSERT_GT(next, lab.now) << "no event without something to do";
        lab.now = next;
        const auto out = lab.pool.tend(lab.now);
        ASSERT_LE(out.size(), 1U);
        if (out.empty()) continue;
        EXPECT_GE(lab.now, out[0]->expires());
        EXPECT_GE(lab.now - last, 90s);
        last = lab.now;
        ++closed;
    }
    EXPECT_LE(lab.now, start + 48min + 21 * 90s) << "all are gone before long";
    EXPECT_EQ(lab.look().totals.closed_lifetime, 20U);
}

TEST(server_pool_time, a_busy_server_is_replaced_when_it_comes_back) {
    settings how = lasting(2);
    how.server_lifetime = 1h;
    pool_lab lab(how);
    auto lent = lab.lend_many(2);
    lab.now += 2h;
    waiter client(0);
    lab.ask(client);
    EXPECT_TRUE(lab.pool.give_back(std::move(lent[0]), lab.now).must_close());
    auto second = lab.pool.give_back(std::move(lent[1]), lab.now);
    EXPECT_EQ(second.to, &client) << "the other one only after the gap";
    lab.now += 15min;
    EXPECT_TRUE(lab.pool.give_back(std::move(second.server), lab.now).must_close());
}

TEST(server_pool_time, a_server_that_died_idle_is_taken_out) {
    pool_lab lab(of_size(3));
    const auto ids = lab.stock(3);
    auto server = lab.pool.take_idle(ids[1], lab.now);
    ASSERT_TRUE(server);
    EXPECT_EQ(server->id(), ids[1]);
    EXPECT_TRUE(server->doomed());
    EXPECT_EQ(lab.look().leaving, 1U);
    EXPECT_EQ(lab.look().idle, 2U);
    server.reset();
    EXPECT_EQ(lab.look().leaving, 0U);
    EXPECT_EQ(lab.pool.take_idle(ids[1], lab.now), nullptr) << "a late event";
    const auto lent = lab.lend();
    EXPECT_EQ(lab.pool.take_idle(lent->id(), lab.now), nullptr) << "it is lent by now";
}

TEST(server_pool_time, a_smaller_size_closes_idle_servers_and_those_that_come_back) {
    pool_lab lab(of_size(6));
    auto lent = lab.lend_many(6);
    for (int i = 0; i < 3; ++i) {
        lab.pool.give_back(std::move(lent.back()), lab.now);
        lent.pop_back();
    }
    lab.pool.set_settings(of_size(2), lab.now);
    EXPECT_LE(lab.pool.next_event(), lab.now);
    EXPECT_EQ(lab.pool.tend(lab.now).size(), 3U);
    EXPECT_EQ(lab.look().open, 3U);
    waiter client(0);
    lab.ask(client);
    EXPECT_TRUE(lab.pool.give_back(std::move(lent[0]), lab.now).must_close()) << "even while somebody waits";
    EXPECT_EQ(lab.pool.give_back(std::move(lent[1]), lab.now).to, &client);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
}

TEST(server_pool_time, a_larger_size_is_used_at_once) {
    pool_lab lab(of_size(1));
    const auto server = lab.lend();
    waiter client(0);
    lab.ask(client);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
    lab.pool.set_settings(of_size(2), lab.now);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 1U);
}

TEST(server_pool_time, a_new_lifetime_holds_for_servers_that_are_open) {
    settings how = lasting(2);
    pool_lab lab(how);
    lab.stock(1);
    how.server_lifetime = 1h;
    lab.pool.set_settings(how, lab.now);
    EXPECT_EQ(lab.pool.next_event(), start + 1h);
}

TEST(server_pool_time, retire_all_replaces_every_server) {
    pool_lab lab(of_size(4));
    auto lent = lab.lend_many(3);
    lab.pool.give_back(std::move(lent[0]), lab.now);
    waiter late(0);
    lab.stock(1);
    EXPECT_EQ(lab.pool.retire_all(lab.now).size(), 1U);
    EXPECT_TRUE(lab.pool.give_back(std::move(lent[1]), lab.now).must_close());

    waiter client(0);
    lab.ask(client);
    auto place = lab.pool.begin_connect(lab.now);
    EXPECT_TRUE(lab.pool.retire_all(lab.now).empty());
    EXPECT_TRUE(lab.pool.connected(lab.open(std::move(place)), lab.now).must_close()) << "it was begun before";
    EXPECT_TRUE(client.queued());
    EXPECT_EQ(lab.connect().to, &client);
}

TEST(server_pool_time, whether_a_server_was_replaced) {
    pool_lab lab(of_size(4));
    auto lent = lab.lend_many(2);
    EXPECT_FALSE(lab.pool.is_replaced(*lent[0]));
    EXPECT_TRUE(lab.pool.retire_all(lab.now).empty());
    EXPECT_TRUE(lab.pool.is_replaced(*lent[0]));
    EXPECT_TRUE(lab.pool.give_back(std::move(lent[0]), lab.now).must_close());
    waiter client(0);
    lab.ask(client);
    EXPECT_FALSE(lab.pool.is_replaced(*lab.connect().server));
    lab.pool.give_back(std::move(lent[1]), lab.now);
}

TEST(server_pool_time, dismissed_waiters_come_in_order) {
    pool_lab lab(of_size(1));
    waiter a(0);
    waiter b(1);
    lab.ask(a);
    lab.ask(b);
    EXPECT_EQ(lab.pool.dismiss_waiters(lab.now), (std::vector<waiter*>{&a, &b}));
    EXPECT_EQ(lab.pool.next_event(), base::never);
}

}  // namespace
}  // namespace pgweir::pool::test

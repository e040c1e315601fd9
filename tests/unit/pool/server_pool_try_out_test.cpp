#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "pool/pool_lab.hpp"

namespace pgweir::pool::test {
namespace {

using kind = acquisition::kind;

struct try_out_test : testing::Test {
    /// Lets time pass until the pool wants a connect, or `end`; true if it does.
    bool wait_until_wanted(base::time_point end) {
        while (lab.pool.connects_wanted(lab.now) == 0) {
            const auto next = lab.pool.next_event();
            if (next > end) return false;
            EXPECT_GT(next, lab.now);
            if (next <= lab.now) return false;
            lab.now = next;
            const auto closed = lab.pool.tend(lab.now);
        }
        return true;
    }

    pool_lab lab{of_size(3)};
    waiter client{0};
};

TEST_F(try_out_test, nothing_is_opened_for_nobody_before) {
    EXPECT_FALSE(lab.pool.trying_out());
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
    EXPECT_EQ(lab.pool.next_event(), base::never);
}

TEST_F(try_out_test, opens_exactly_one) {
    lab.pool.try_out(lab.now);
    EXPECT_TRUE(lab.pool.trying_out());
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 1U);
    slot place = lab.pool.begin_connect(lab.now);
    ASSERT_TRUE(place);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U) << "one is under way";
    EXPECT_FALSE(lab.pool.begin_connect(lab.now));
    const handover kept = lab.pool.connected(lab.open(std::move(place)), lab.now);
    EXPECT_EQ(kept.to, nullptr);
    EXPECT_EQ(kept.server, nullptr);
    EXPECT_EQ(lab.look().idle, 1U);
    EXPECT_FALSE(lab.pool.trying_out());
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
}

TEST_F(try_out_test, what_it_opened_is_lent_to_the_first_client) {
    lab.pool.try_out(lab.now);
    lab.connect();
    EXPECT_EQ(lab.ask(client), kind::granted);
}

TEST_F(try_out_test, asking_twice_opens_one) {
    lab.pool.try_out(lab.now);
    lab.pool.try_out(lab.now);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 1U);
    lab.connect();
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
}

TEST_F(try_out_test, opens_none_beside_those_for_clients) {
    lab.pool.try_out(lab.now);
    lab.ask(client);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 1U) << "the client's tries it out as well";
    EXPECT_EQ(lab.connect().to, &client);
    EXPECT_FALSE(lab.pool.trying_out());
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
}

TEST_F(try_out_test, opens_none_while_a_connect_is_under_way_whoever_it_was_for) {
    lab.ask(client);
    slot place = lab.pool.begin_connect(lab.now);
    lab.pool.abandon(client, lab.now);
    lab.pool.try_out(lab.now);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
    place = slot();
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 1U);
}

TEST_F(try_out_test, a_client_that_comes_meanwhile_gets_what_is_being_opened) {
    lab.pool.try_out(lab.now);
    slot place = lab.pool.begin_connect(lab.now);
    lab.ask(client);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
    EXPECT_EQ(lab.pool.connected(lab.open(std::move(place)), lab.now).to, &client);
}

TEST_F(try_out_test, is_repeated_with_longer_and_longer_pauses_until_it_succeeds) {
    lab.pool.try_out(lab.now);
    std::vector<base::duration> pauses;
    for (int round = 0; round < 12; ++round) {
        const auto failed_at = lab.now;
        lab.fail(connect_failure::unreachable, ~0ULL);
        EXPECT_TRUE(lab.pool.trying_out());
        ASSERT_TRUE(wait_until_wanted(lab.now + 1h)) << "round " << round;
        EXPECT_EQ(lab.pool.connects_wanted(lab.now), 1U);
        pauses.push_back(lab.now - failed_at);
    }
    EXPECT_GE(pauses.front(), 50ms);
    EXPECT_LE(pauses.front(), 100ms);
    EXPECT_TRUE(std::is_sorted(pauses.begin(), pauses.end()));
    EXPECT_GE(pauses.back(), longest_idle_retry / 2);
    EXPECT_LE(pauses.back(), longest_idle_retry);
    lab.connect();
    EXPECT_FALSE(lab.pool.trying_out());
    EXPECT_FALSE(wait_until_wanted(lab.now + 24h));
}

TEST_F(try_out_test, a_server_that_is_full_is_asked_every_second) {
    lab.pool.try_out(lab.now);
    for (int round = 0; round < 12; ++round) {
        const auto failed_at = lab.now;
        lab.fail(connect_failure::refused_by_limit, ~0ULL);
        ASSERT_TRUE(wait_until_wanted(lab.now + 1h)) << "round " << round;
        EXPECT_LE(lab.now - failed_at, longest_retry);
    }
}

TEST_F(try_out_test, next_event_is_the_end_of_the_pause) {
    lab.pool.try_out(lab.now);
    EXPECT_EQ(lab.pool.next_event(), base::never) << "there is nothing to wait for";
    lab.fail(connect_failure::unreachable);
    const auto next = lab.pool.next_event();
    ASSERT_NE(next, base::never);
    ASSERT_GT(next, lab.now);
    lab.now = next - 1ns;
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
    EXPECT_FALSE(lab.pool.begin_connect(lab.now));
    lab.now = next;
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 1U);
}

TEST_F(try_out_test, goes_on_after_any_failure) {
    for (const auto why : {connect_failure::unreachable, connect_failure::timed_out, connect_failure::starting_up,
                           connect_failure::refused_by_limit, connect_failure::login_rejected}) {
        pool_lab fresh(of_size(3));
        fresh.pool.try_out(fresh.now);
        EXPECT_TRUE(fresh.fail(why).empty());
        EXPECT_EQ(fresh.pool.connects_wanted(fresh.now), 0U) << static_cast<int>(why);
        const auto next = fresh.pool.next_event();
        ASSERT_NE(next, base::never) << static_cast<int>(why);
        fresh.now = next;
        EXPECT_EQ(fresh.pool.connects_wanted(fresh.now), 1U) << static_cast<int>(why);
        fresh.connect();
        EXPECT_FALSE(fresh.pool.trying_out());
    }
}

TEST_F(try_out_test, a_client_that_waits_does_not_wait_for_the_pause_of_nobody) {
    lab.pool.try_out(lab.now);
    for (int round = 0; round < 12; ++round) {
        lab.fail(connect_failure::unreachable, ~0ULL);
        ASSERT_TRUE(wait_until_wanted(lab.now + 1h));
    }
    lab.fail(connect_failure::unreachable, ~0ULL);
    const auto unhurried = lab.pool.next_event();
    lab.ask(client);
    EXPECT_LT(lab.pool.next_event(), unhurried);
    EXPECT_LE(lab.pool.next_event(), lab.now + longest_retry);
    ASSERT_TRUE(wait_until_wanted(lab.now + longest_retry));
    EXPECT_EQ(lab.connect().to, &client);
}

TEST_F(try_out_test, what_was_opened_for_nobody_is_closed_when_unused_and_not_opened_again) {
    lab.pool.try_out(lab.now);
    lab.connect();
    const auto end = lab.now + lab.pool.current_settings().server_idle_timeout;
    EXPECT_EQ(lab.pool.next_event(), end);
    lab.now = end;
    EXPECT_EQ(lab.pool.tend(lab.now).size(), 1U);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
    EXPECT_EQ(lab.pool.next_event(), base::never);
}

TEST_F(try_out_test, respects_the_size_of_the_pool_and_of_the_database) {
    const auto lent = lab.lend_many(3);
    lab.pool.try_out(lab.now);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U) << "there is no place for another";

    database_budget budget(1);
    pool_lab alice(of_size(3), &budget);
    pool_lab bob(of_size(3), &budget);
    auto only = alice.lend();
    bob.pool.try_out(bob.now);
    EXPECT_EQ(bob.pool.connects_wanted(bob.now), 0U);
    only.reset();
    EXPECT_EQ(bob.pool.connects_wanted(bob.now), 1U);
}

TEST_F(try_out_test, of_a_pool_whose_servers_were_retired_opens_a_new_one) {
    lab.stock(2);
    {
        const auto old = lab.pool.retire_all(lab.now);
        EXPECT_EQ(old.size(), 2U);
        lab.pool.try_out(lab.now);
    }
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 1U);
    lab.connect();
    EXPECT_EQ(lab.look().idle, 1U);
}

TEST_F(try_out_test, comes_on_top_of_nothing_that_min_idle_keeps) {
    settings how = of_size(5);
    how.min_idle = 2;
    pool_lab kept(how);
    kept.pool.client_arrived(kept.now);
    kept.pool.try_out(kept.now);
    EXPECT_EQ(kept.pool.connects_wanted(kept.now), 2U);
}

}  // namespace
}  // namespace pgweir::pool::test

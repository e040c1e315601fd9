#include <gtest/gtest.h>

#include <deque>
#include <utility>
#include <vector>

#include "pool/pool_lab.hpp"

namespace pgweir::pool::test {
namespace {

using kind = acquisition::kind;

/// A pool of 20 that has got no more than `servers`, all of them lent, and one client that waits for another.
struct place_sharing_test : testing::Test {
    void limit_to(std::size_t servers) {
        lent = lab.lend_many(servers);
        lab.ask(waiting);
        EXPECT_TRUE(lab.fail(connect_failure::refused_by_limit).empty());
        EXPECT_EQ(lab.look().effective_size, servers);
    }

    handover give_back() {
        auto server = std::move(lent.back());
        lent.pop_back();
        return lab.pool.give_back(std::move(server), lab.now);
    }

    /// Clients use the servers in turn for a time; returns how many servers were closed.
    int serve_for(base::duration time) {
        int closed = 0;
        for (const auto end = lab.now + time; lab.now < end; lab.now += 10ms) {
            if (lent.empty()) return closed;
            auto handed = give_back();
            if (handed.must_close()) {
                ++closed;
                continue;
            }
            if (handed.to != nullptr) lab.ask(*handed.to);
            if (handed.server != nullptr) lent.insert(lent.begin(), std::move(handed.server));
        }
        return closed;
    }

    pool_lab lab{of_size(20)};
    waiter waiting{0};
    std::vector<std::unique_ptr<member>> lent;
};

TEST_F(place_sharing_test, each_server_is_given_up_once_in_a_turn_on_average) {
    limit_to(10);
    EXPECT_EQ(serve_for(sharing_turn / 10 - 20ms), 0) << "not at once";
    EXPECT_EQ(serve_for(40ms), 1);
    EXPECT_EQ(lab.look().effective_size, 9U);
    EXPECT_EQ(lab.look().totals.closed_surplus, 1U);
    const int closed = serve_for(sharing_turn);
    EXPECT_GE(closed, 4) << "the fewer it has the longer they stay";
    EXPECT_LE(closed, 10);
}

TEST_F(place_sharing_test, the_place_is_not_asked_for_again_before_others_had_time_to) {
    limit_to(10);
    ASSERT_EQ(serve_for(sharing_turn / 10 + 10ms), 1);
    lab.now -= 10ms;
    EXPECT_TRUE(waiting.queued());
    EXPECT_EQ(lab.pool.connects_wanted(lab.now), 0U);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now + 700ms), 0U);
    EXPECT_EQ(lab.pool.connects_wanted(lab.now + 1250ms), 1U);
}

TEST_F(place_sharing_test, the_last_one_is_kept) {
    limit_to(1);
    EXPECT_EQ(serve_for(10 * sharing_turn), 0);
    EXPECT_EQ(lab.look().open, 1U);
}

TEST_F(place_sharing_test, a_pool_that_has_what_it_may_gives_up_nothing) {
    lent = lab.lend_many(20);
    lab.ask(waiting);
    EXPECT_EQ(serve_for(10 * sharing_turn), 0);
    EXPECT_EQ(lab.look().open, 20U);
}

TEST_F(place_sharing_test, nothing_is_given_up_after_a_place_was_granted_until_the_next_refusal) {
    limit_to(10);
    lab.now = lab.pool.next_event();
    handover handed = lab.connect();
    ASSERT_EQ(handed.to, &waiting);
    lent.push_back(std::move(handed.server));
    lab.ask(waiting);
    EXPECT_EQ(serve_for(10 * sharing_turn), 0);
    EXPECT_TRUE(lab.fail(connect_failure::refused_by_limit).empty());
    EXPECT_GE(serve_for(sharing_turn), 1);
}

TEST_F(place_sharing_test, idle_servers_go_soon_but_for_a_foothold) {
    limit_to(5);
    lab.pool.abandon(waiting, lab.now);
    lab.pool.client_arrived(lab.now);
    while (!lent.empty()) EXPECT_FALSE(give_back().must_close());
    EXPECT_EQ(lab.look().idle, 5U);
    EXPECT_EQ(lab.pool.next_event(), lab.now + sharing_idle_timeout);
    lab.now += sharing_idle_timeout;
    EXPECT_EQ(lab.pool.tend(lab.now).size(), 4U);
    EXPECT_GT(lab.pool.next_event(), lab.now + sharing_idle_timeout);
    EXPECT_EQ(lab.look().effective_size, 5U) << "what it was granted last it may ask for again";
}

TEST_F(place_sharing_test, with_another_one_lent_no_foothold_is_needed) {
    limit_to(2);
    lab.pool.abandon(waiting, lab.now);
    EXPECT_FALSE(give_back().must_close());
    lab.now += sharing_idle_timeout;
    EXPECT_EQ(lab.pool.tend(lab.now).size(), 1U);
}

TEST_F(place_sharing_test, the_foothold_goes_when_nobody_has_used_the_pool_for_the_configured_time) {
    limit_to(1);
    lab.pool.abandon(waiting, lab.now);
    EXPECT_FALSE(give_back().must_close());
    const auto gone = lab.now + lab.pool.current_settings().server_idle_timeout;
    EXPECT_EQ(lab.pool.next_event(), gone);
    lab.now = gone;
    EXPECT_EQ(lab.pool.tend(lab.now).size(), 1U);
    EXPECT_EQ(lab.pool.next_event(), base::never);
}

TEST_F(place_sharing_test, min_idle_is_kept) {
    settings how = of_size(20);
    how.min_idle = 3;
    lab.pool.set_settings(how, lab.now);
    limit_to(5);
    lab.pool.abandon(waiting, lab.now);
    lab.pool.client_arrived(lab.now);
    while (!lent.empty()) EXPECT_FALSE(give_back().must_close());
    lab.now += sharing_idle_timeout;
    EXPECT_EQ(lab.pool.tend(lab.now).size(), 2U);
}

TEST_F(place_sharing_test, a_pool_that_has_all_it_wants_shares_once_it_learns_that_no_place_is_free) {
    lent = lab.lend_many(20);
    lab.ask(waiting);
    lab.pool.places_counted(0, lab.now);
    EXPECT_EQ(serve_for(sharing_turn / 20 - 20ms), 0) << "not at once";
    EXPECT_EQ(serve_for(40ms), 1);
    EXPECT_EQ(lab.look().effective_size, 19U);
    EXPECT_GE(serve_for(sharing_turn), 8);
}

TEST_F(place_sharing_test, places_that_are_free_are_no_reason) {
    lent = lab.lend_many(20);
    lab.ask(waiting);
    lab.pool.places_counted(1, lab.now);
    EXPECT_EQ(serve_for(sharing_turn), 0);
    lab.pool.places_counted(-3, lab.now);
    lab.pool.places_counted(1, lab.now);
    EXPECT_EQ(serve_for(sharing_turn), 0) << "there were none, and now there are";
}

TEST_F(place_sharing_test, what_is_idle_goes_soon_when_no_place_is_free) {
    lab.stock(20);
    lab.pool.client_arrived(lab.now);
    lab.now += sharing_idle_timeout;
    EXPECT_TRUE(lab.pool.tend(lab.now).empty());
    lab.pool.places_counted(0, lab.now);
    EXPECT_EQ(lab.pool.tend(lab.now).size(), 19U);
}

TEST_F(place_sharing_test, places_are_counted_now_and_then_by_a_pool_with_more_than_one_server) {
    auto first = lab.lend();
    lab.now += 100h;
    EXPECT_FALSE(lab.pool.count_due(lab.now)) << "it has nothing to give up";
    auto second = lab.lend();
    EXPECT_FALSE(lab.pool.count_due(lab.now)) << "not while it is being filled";
    lab.now += 2 * place_count_interval;
    EXPECT_TRUE(lab.pool.count_due(lab.now));
    lab.pool.count_started(lab.now, 0);
    EXPECT_FALSE(lab.pool.count_due(lab.now));
    EXPECT_TRUE(lab.pool.count_due(lab.now + 2 * place_count_interval));
}

TEST_F(place_sharing_test, a_server_that_is_lent_for_counting_has_not_been_used) {
    const auto ids = lab.stock(3);
    const auto used = lab.now;
    lab.now += 30s;
    EXPECT_EQ(lab.pool.lend_for_question(7, lab.now), nullptr) << "none of that worker";
    auto asked = lab.pool.lend_for_question(0, lab.now);
    ASSERT_NE(asked, nullptr);
    EXPECT_EQ(asked->id(), ids.back());
    EXPECT_EQ(lab.look().lent, 1U);
    EXPECT_EQ(lab.pool.give_back(std::move(asked), lab.now).server, nullptr);
    asked = lab.pool.lend_for_question(0, lab.now);
    EXPECT_EQ(asked->last_used(), used);
    EXPECT_EQ(lab.pool.give_back(std::move(asked), lab.now).server, nullptr);
    auto served = lab.lend();
    EXPECT_EQ(lab.pool.give_back(std::move(served), lab.now).server, nullptr);
    asked = lab.pool.lend_for_question(0, lab.now);
    EXPECT_EQ(asked->last_used(), lab.now) << "its client's use counts";
}

TEST_F(place_sharing_test, with_idle_timeout_off_too) {
    settings how = of_size(20);
    how.server_idle_timeout = base::off;
    lab.pool.set_settings(how, lab.now);
    limit_to(3);
    lab.pool.abandon(waiting, lab.now);
    while (!lent.empty()) EXPECT_FALSE(give_back().must_close());
    lab.now += sharing_idle_timeout;
    EXPECT_EQ(lab.pool.tend(lab.now).size(), 2U);
    lab.now += 100h;
    EXPECT_EQ(lab.pool.tend(lab.now).size(), 1U) << "only its lifetime ends";
    EXPECT_EQ(lab.look().totals.closed_lifetime, 1U);
}

}  // namespace
}  // namespace pgweir::pool::test

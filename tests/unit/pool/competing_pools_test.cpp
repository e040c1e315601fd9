// Several poolers, each unaware of the others, in front of one PostgreSQL whose max_connections is below their sum.
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "pool/pool_lab.hpp"
#include "pool/server_pool.hpp"

namespace pgweir::pool::test {
namespace {

constexpr auto tick = 10ms;
constexpr auto connect_time = 20ms;
constexpr auto work_time = 50ms;

struct postgres {
    std::uint32_t max_connections;
    std::uint32_t connections = 0;
    std::uint64_t attempts = 0;
    std::uint32_t peak = 0;
};

/// A server connection that PostgreSQL counts while it lives.
class backend : public member {
public:
    backend(postgres& at, std::uint64_t id, slot place, base::time_point now, std::uint64_t entropy)
        : member(id, 0, std::move(place), now, entropy), at_(at) {}
    ~backend() override { --at_.connections; }

private:
    postgres& at_;
};

/// A pooler with clients that ask for a server, work, give it back and ask again at once.
class pooler {
public:
    pooler(postgres& database, std::uint64_t seed, std::size_t clients)
        : database_(database), random_(seed), pool_(of_size(20), "app.alice") {
        for (std::size_t i = 0; i < clients; ++i) clients_.emplace_back(0U);
    }

    void arrive(base::time_point now) {
        for (auto& client : clients_) ask(client, now);
    }

    /// Its clients go, and so do its servers.
    void leave(base::time_point now) {
        for (auto& client : clients_) pool_.abandon(client, now);
        working_.clear();
        attempts_.clear();
        static_cast<void>(pool_.retire_all(now));
        gone_ = true;
    }

    void run(base::time_point now) {
        if (gone_) return;
        static_cast<void>(pool_.tend(now));
        while (!working_.empty() && working_.front().until <= now) finish_work(now);
        while (!attempts_.empty() && attempts_.front().until <= now) finish_connect(now);
        if (pool_.count_due(now)) {
            pool_.count_started(now, random_());
            pool_.places_counted(std::int64_t{database_.max_connections} - database_.connections, now);
        }
        while (slot place = pool_.begin_connect(now)) attempts_.push_back({now + connect_time, std::move(place)});
    }

    pool_snapshot look(base::time_point now) const { return pool_.snapshot(now); }
    std::uint64_t served() const { return served_; }

private:
    struct work {
        base::time_point until;
        waiter* client;
        std::unique_ptr<member> server;
    };
    struct attempt {
        base::time_point until;
        slot place;
    };

    void ask(waiter& client, base::time_point now) {
        auto got = pool_.acquire(client, now);
        ASSERT_NE(got.what, acquisition::kind::rejected);
        if (got.server) working_.push_back({now + work_time, &client, std::move(got.server)});
    }

    void handed(handover what, base::time_point now) {
        if (what.to != nullptr) working_.push_back({now + work_time, what.to, std::move(what.server)});
    }

    void finish_work(base::time_point now) {
        work done = std::move(working_.front());
        working_.pop_front();
        ++served_;
        handed(pool_.give_back(std::move(done.server), now), now);
        ask(*done.client, now);
    }

    void finish_connect(base::time_point now) {
        slot place = std::move(attempts_.front().place);
        attempts_.pop_front();
        ++database_.attempts;
        if (database_.connections >= database_.max_connections) {
            place = slot();
            EXPECT_TRUE(pool_.connect_failed(connect_failure::refused_by_limit, now, random_()).empty());
            return;
        }
        database_.peak = std::max(database_.peak, ++database_.connections);
        handed(pool_.connected(std::make_unique<backend>(database_, ++ids_, std::move(place), now, random_()), now),
               now);
    }

    postgres& database_;
    std::mt19937_64 random_;
    server_pool pool_;
    std::deque<waiter> clients_;
    std::deque<work> working_;
    std::deque<attempt> attempts_;
    std::uint64_t ids_ = 0;
    std::uint64_t served_ = 0;
    bool gone_ = false;
};

struct competing_pools : testing::Test {
    competing_pools() {
        for (std::uint64_t seed = 1; seed <= 3; ++seed) poolers.emplace_back(database, seed, 40U);
        for (auto& each : poolers) each.arrive(now);
    }

    void run_for(base::duration time) {
        for (const auto end = now + time; now < end; now += tick) {
            for (auto& each : poolers) each.run(now);
        }
    }

    std::uint32_t open_in_all() const {
        std::uint32_t sum = 0;
        for (const auto& each : poolers) sum += each.look(now).open;
        return sum;
    }

    base::time_point now = start;
    postgres database{.max_connections = 20};
    std::deque<pooler> poolers;
};

TEST_F(competing_pools, settle) {
    run_for(10s);
    EXPECT_GE(open_in_all(), 18U) << "every place is in use, but for those that have just been given up";
    EXPECT_EQ(database.peak, 20U);
    for (const auto& each : poolers) {
        const auto s = each.look(now);
        EXPECT_GE(s.open, 1U);
        EXPECT_EQ(s.effective_size, s.open);
        EXPECT_EQ(s.totals.dismissed, 0U);
    }
    run_for(5min);
    const std::uint64_t before = database.attempts;
    run_for(2min);
    const auto given_up = static_cast<std::uint64_t>(20 * (2min / sharing_turn));
    EXPECT_LE(database.attempts - before, 2 * given_up) << "hardly more often than there is something to be had";
    EXPECT_GE(database.attempts - before, 3U) << "but they do ask";
}

TEST_F(competing_pools, share_what_one_leaves_behind) {
    run_for(5min);
    poolers[2].leave(now);
    EXPECT_LT(open_in_all(), 18U);
    run_for(3min);
    EXPECT_GE(open_in_all(), 18U) << "all of them, but for one that has just been given up";
    EXPECT_EQ(database.peak, 20U);
}

TEST_F(competing_pools, recover_when_the_limit_goes) {
    run_for(5min);
    database.max_connections = 100;
    run_for(3min);
    for (const auto& each : poolers) {
        EXPECT_EQ(each.look(now).effective_size, 20U);
        EXPECT_EQ(each.look(now).open, 20U);
    }
}

TEST_F(competing_pools, goodput_is_that_of_all_places) {
    run_for(10s);
    std::uint64_t before = 0;
    for (const auto& each : poolers) before += each.served();
    run_for(10s);
    std::uint64_t served = 0;
    for (const auto& each : poolers) served += each.served();
    EXPECT_GE(served - before, 20U * (10s / work_time) * 95 / 100);
}

TEST_F(competing_pools, who_comes_last_gets_a_share) {
    run_for(5min);
    for (std::uint64_t seed = 4; seed <= 9; ++seed) {
        poolers.emplace_back(database, seed, 40U).arrive(now);
        const auto came = now;
        while (poolers.back().look(now).open == 0 && now < came + 30s) run_for(tick);
        EXPECT_LT(now, came + 15s) << "long before its clients give up";
    }
}

TEST_F(competing_pools, who_was_alone_and_has_all_of_them_shares_with_those_that_come) {
    while (poolers.size() > 1) poolers.pop_back();
    run_for(5min);
    EXPECT_GE(poolers[0].look(now).open, 19U) << "as many as it wants, but for one that has just been given up";
    for (std::uint64_t seed = 2; seed <= 5; ++seed) {
        poolers.emplace_back(database, seed, 40U).arrive(now);
        const auto came = now;
        while (poolers.back().look(now).open == 0 && now < came + 60s) run_for(tick);
        EXPECT_LT(now, came + 15s);
    }
    run_for(3min);
    const int looks = 300;
    std::vector<std::uint32_t> shares(poolers.size());
    for (int i = 0; i < looks; ++i) {
        run_for(1s);
        for (std::size_t j = 0; j < shares.size(); ++j) shares[j] += poolers[j].look(now).open;
    }
    for (const std::uint32_t share : shares) EXPECT_NEAR(share / looks, 20.0 / 5, 2.0);
}

TEST_F(competing_pools, shares_even_out_and_little_is_wasted) {
    run_for(5min);
    const int looks = 3000;
    std::uint32_t used = 0;
    std::vector<std::uint32_t> shares(poolers.size());
    for (int i = 0; i < looks; ++i) {
        run_for(1s);
        used += open_in_all();
        for (std::size_t j = 0; j < shares.size(); ++j) shares[j] += poolers[j].look(now).open;
    }
    EXPECT_GE(used, 19U * looks) << "of 20 places, one that nobody has on average";
    for (const std::uint32_t share : shares) EXPECT_NEAR(share / looks, 20.0 / 3, 2.0);
}

}  // namespace
}  // namespace pgweir::pool::test

// Random histories against a plain model of what the pool must know. Seeded: each failure can be repeated.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "pool/pool_lab.hpp"
#include "pool/server_pool.hpp"

namespace pgweir::pool::test {
namespace {

const std::array<int, 3> keys{};

class history {
public:
    explicit history(std::uint64_t seed) : random_(seed), settings_(first_settings()), lab_(settings_) {}

    void run(int steps) {
        for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
            SCOPED_TRACE("step " + std::to_string(step));
            one_step();
            check();
        }
    }

    /// The storm is over: clients go on asking and giving back, PostgreSQL lets everybody in.
    void calm_down() {
        while (!cancels_.empty()) finish_cancel();
        places_.clear();
        for (int round = 0; round < 100000 && !waiting_.empty(); ++round) {
            leaving_.clear();
            while (slot place = lab_.pool.begin_connect(lab_.now)) connected(std::move(place));
            if (!lent_.empty()) give_back(0, false);
            const auto next = lab_.pool.next_event();
            if (waiting_.empty() || next == base::never) continue;
            lab_.now = std::max(lab_.now, next);
            tend();
        }
        ASSERT_TRUE(waiting_.empty()) << "somebody starves";
        while (!lent_.empty()) give_back(0, false);
        leaving_.clear();
        check();
        EXPECT_TRUE(lab_.pool.at_rest());
        for (auto& server : lab_.pool.retire_all(lab_.now)) server.reset();
        EXPECT_EQ(lab_.look().open + lab_.look().leaving + lab_.look().connecting, 0U) << "every slot returned";
    }

private:
    static settings first_settings() {
        settings how = of_size(6);
        how.connect_burst = 3;
        how.min_idle = 1;
        how.reserve_size = 2;
        how.reserve_after = 200ms;
        how.queue_max_length = 40;
        how.server_lifetime = 20s;
        how.server_idle_timeout = 3s;
        return how;
    }

    std::size_t below(std::size_t bound) { return random_() % bound; }
    bool chance(std::size_t percent) { return below(100) < percent; }

    void one_step() {
        const std::size_t dice = below(100);
        if (dice < 28) {
            ask();
        } else if (dice < 52) {
            if (!lent_.empty()) give_back(below(lent_.size()), chance(4));
        } else if (dice < 58) {
            leave_queue();
        } else if (dice < 68) {
            while (slot place = lab_.pool.begin_connect(lab_.now)) places_.push_back(std::move(place));
        } else if (dice < 80) {
            finish_connect();
        } else if (dice < 83) {
            if (!lent_.empty()) start_cancel(lent_[below(lent_.size())]->id());
        } else if (dice < 87) {
            if (!cancels_.empty()) finish_cancel();
        } else if (dice < 90) {
            lose_idle();
        } else if (dice < 93) {
            if (!leaving_.empty())
                leaving_.erase(leaving_.begin() + static_cast<std::ptrdiff_t>(below(leaving_.size())));
        } else if (dice < 99) {
            lab_.now += std::chrono::microseconds(below(chance(10) ? 1000000 : 3000));
            tend();
        } else {
            reload();
        }
    }

    void ask() {
        if (dormant_.empty()) {
            clients_.push_back(std::make_unique<waiter>(static_cast<std::uint32_t>(below(2))));
            dormant_.push_back(clients_.back().get());
        }
        waiter& who = *dormant_.back();
        dormant_.pop_back();
        who.set_state_key(&keys[below(3)]);
        const std::size_t waited_before = waiting_.size();
        auto got = lab_.pool.acquire(who, lab_.now);
        switch (got.what) {
            case acquisition::kind::granted:
                EXPECT_EQ(waited_before, 0U) << "jumped the queue";
                lent(std::move(got.server));
                dormant_.push_back(&who);
                break;
            case acquisition::kind::queued: waiting_.push_back(&who); break;
            case acquisition::kind::rejected:
                EXPECT_EQ(waited_before, settings_.queue_max_length);
                dormant_.push_back(&who);
                break;
        }
    }

    void leave_queue() {
        if (waiting_.empty()) return;
        const auto place = waiting_.begin() + static_cast<std::ptrdiff_t>(below(waiting_.size()));
        waiter* who = *place;
        waiting_.erase(place);
        lab_.pool.abandon(*who, lab_.now);
        EXPECT_FALSE(who->queued());
        if (chance(50)) {
            dormant_.push_back(who);
        } else {
            std::erase_if(clients_, [who](const auto& client) { return client.get() == who; });
        }
    }

    void lent(std::unique_ptr<member> server) {
        ASSERT_TRUE(server);
        EXPECT_FALSE(server->doomed());
        EXPECT_FALSE(cancels_.contains(server->id())) << "a cancel is on its way to this server";
        EXPECT_TRUE(known_.insert(server->id()).second || !held_.contains(server->id()));
        EXPECT_TRUE(held_.insert(server->id()).second) << "lent twice";
        server->set_state_key(&keys[below(3)]);
        lent_.push_back(std::move(server));
    }

    void handed(handover what) {
        if (what.to != nullptr) {
            check_turn(*what.to, what.server->worker());
            std::erase(waiting_, what.to);
            EXPECT_FALSE(what.to->queued());
            dormant_.push_back(what.to);
            if (what.server->worker() != what.to->worker()) what.server->set_worker(what.to->worker());
            lent(std::move(what.server));
        } else if (what.server != nullptr) {
            leaving_.push_back(std::move(what.server));
        }
    }

    void check_turn(const waiter& served, std::uint32_t worker) const {
        ASSERT_FALSE(waiting_.empty());
        const auto mine = std::find_if(waiting_.begin(), waiting_.end(),
                                       [&](const waiter* w) { return w->worker() == served.worker(); });
        EXPECT_EQ(*mine, &served) << "out of order within its worker";
        if (waiting_.front() == &served) return;
        EXPECT_EQ(served.worker(), worker);
        EXPECT_LE(served.since() - waiting_.front()->since(), overtake_limit);
    }

    void give_back(std::size_t index, bool doomed) {
        auto server = std::move(lent_[index]);
        lent_.erase(lent_.begin() + static_cast<std::ptrdiff_t>(index));
        held_.erase(server->id());
        if (doomed) server->doom();
        handed(lab_.pool.give_back(std::move(server), lab_.now));
    }

    void connected(slot place) {
        handed(lab_.pool.connected(lab_.open(std::move(place), static_cast<std::uint32_t>(below(2)), random_()),
                                   lab_.now));
    }

    void finish_connect() {
        if (places_.empty()) return;
        slot place = std::move(places_.back());
        places_.pop_back();
        if (chance(60)) return connected(std::move(place));
        place = slot();
        if (chance(10)) return;  // dropped without a word
        const auto why = static_cast<connect_failure>(below(5));
        const bool may_fail = why == connect_failure::login_rejected && lab_.look().open == 0;
        const auto failed = lab_.pool.connect_failed(why, lab_.now, random_());
        EXPECT_TRUE(may_fail || failed.empty());
        for (waiter* who : failed) {
            EXPECT_EQ(who, waiting_.front());
            waiting_.erase(waiting_.begin());
            dormant_.push_back(who);
        }
    }

    void start_cancel(std::uint64_t id) {
        lab_.pool.cancel_started(id);
        ++cancels_[id];
    }

    void finish_cancel() {
        const auto cancel = std::next(cancels_.begin(), static_cast<std::ptrdiff_t>(below(cancels_.size())));
        const std::uint64_t id = cancel->first;
        const bool lost = chance(10);
        if (--cancel->second == 0) cancels_.erase(cancel);
        handed(lost ? lab_.pool.cancel_lost(id, lab_.now) : lab_.pool.cancel_finished(id, lab_.now));
    }

    void lose_idle() {
        if (known_.empty()) return;
        const std::uint64_t id = *std::next(known_.begin(), static_cast<std::ptrdiff_t>(below(known_.size())));
        auto gone = lab_.pool.take_idle(id, lab_.now);
        if (gone == nullptr) return;
        EXPECT_FALSE(held_.contains(id));
        leaving_.push_back(std::move(gone));
    }

    void tend() {
        for (auto& server : lab_.pool.tend(lab_.now)) leaving_.push_back(std::move(server));
        for (const auto& server : leaving_) known_.erase(server->id());
    }

    void reload() {
        settings_.size = 3 + static_cast<std::uint32_t>(below(5));
        settings_.min_idle = static_cast<std::uint32_t>(below(3));
        lab_.pool.set_settings(settings_, lab_.now);
    }

    void check() {
        const auto s = lab_.look();
        EXPECT_EQ(s.lent, lent_.size());
        EXPECT_EQ(s.waiting, waiting_.size());
        EXPECT_EQ(s.connecting, places_.size());
        EXPECT_EQ(s.leaving, leaving_.size());
        EXPECT_EQ(s.open, s.idle + s.lent + s.limbo);
        EXPECT_LE(s.open + s.connecting + s.leaving, 7U + settings_.reserve_size) << "the largest size ever set";
        EXPECT_LE(s.effective_size, settings_.size);
        EXPECT_GE(s.effective_size, 1U);
        EXPECT_TRUE(s.waiting == 0 || s.idle == 0) << "somebody waits beside an idle server";
        EXPECT_LE(lab_.pool.connects_wanted(lab_.now) + s.connecting, std::max(settings_.connect_burst, s.connecting));
        EXPECT_EQ(lab_.pool.oldest_waiter(), waiting_.empty() ? nullptr : waiting_.front());
        const auto& t = s.totals;
        EXPECT_EQ(t.queued, t.granted_from_queue + t.abandoned + t.dismissed + s.waiting);
    }

    std::mt19937_64 random_;
    settings settings_;
    pool_lab lab_;

    std::vector<std::unique_ptr<waiter>> clients_;
    std::vector<waiter*> dormant_;
    std::vector<waiter*> waiting_;  ///< in the order of their turns
    std::vector<std::unique_ptr<member>> lent_;
    std::vector<std::unique_ptr<member>> leaving_;
    std::vector<slot> places_;
    std::set<std::uint64_t> known_;
    std::set<std::uint64_t> held_;
    std::map<std::uint64_t, int> cancels_;
};

class server_pool_model : public testing::TestWithParam<std::uint64_t> {};

TEST_P(server_pool_model, keeps_its_promises_in_any_history) {
    history h(GetParam());
    h.run(8000);
    if (!HasFailure()) h.calm_down();
}

INSTANTIATE_TEST_SUITE_P(seeds, server_pool_model, testing::Range<std::uint64_t>(1, 21));

}  // namespace
}  // namespace pgweir::pool::test

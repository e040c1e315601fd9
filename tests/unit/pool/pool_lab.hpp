#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "pool/database_budget.hpp"
#include "pool/server_pool.hpp"

namespace pgweir::pool::test {

using namespace std::chrono_literals;

inline constexpr base::time_point start{std::chrono::hours(1000)};

/// One pool with a made-up clock and a server that grants what it is asked.
struct pool_lab {
    explicit pool_lab(const settings& how, database_budget* shared = nullptr) : pool(how, "app.alice", shared) {}

    std::unique_ptr<member> open(slot place, std::uint32_t worker = 0, std::uint64_t entropy = 0) {
        return std::make_unique<member>(++last_id, worker, std::move(place), now, entropy);
    }

    /// A connect that succeeds at once.
    handover connect(std::uint32_t worker = 0) {
        slot place = pool.begin_connect(now);
        EXPECT_TRUE(place);
        return pool.connected(open(std::move(place), worker), now);
    }

    /// A connect that fails at once.
    std::vector<waiter*> fail(connect_failure why, std::uint64_t entropy = 0) {
        EXPECT_TRUE(pool.begin_connect(now));
        return pool.connect_failed(why, now, entropy);
    }

    /// Opens a server for a client of its own, so that it is lent.
    std::unique_ptr<member> lend(std::uint32_t worker = 0) {
        waiter client(worker);
        acquisition got = pool.acquire(client, now);
        if (got.what == acquisition::kind::granted) return std::move(got.server);
        EXPECT_EQ(got.what, acquisition::kind::queued);
        handover handed = connect(worker);
        EXPECT_EQ(handed.to, &client);
        return std::move(handed.server);
    }

    std::vector<std::unique_ptr<member>> lend_many(std::size_t count) {
        std::vector<std::unique_ptr<member>> out;
        while (out.size() < count) out.push_back(lend());
        return out;
    }

    /// Fills the idle list with `count` servers, the last one on top; a millisecond apart.
    std::vector<std::uint64_t> stock(std::size_t count) {
        std::vector<std::uint64_t> ids;
        for (auto& server : lend_many(count)) {
            now += 1ms;
            ids.push_back(server->id());
            handover back = pool.give_back(std::move(server), now);
            EXPECT_EQ(back.to, nullptr);
            EXPECT_EQ(back.server, nullptr);
        }
        return ids;
    }

    acquisition::kind ask(waiter& client) { return pool.acquire(client, now).what; }

    pool_snapshot look() const { return pool.snapshot(now); }

    base::time_point now = start;
    server_pool pool;
    std::uint64_t last_id = 0;
};

inline settings of_size(std::uint32_t size) {
    settings how;
    how.size = size;
    return how;
}

}  // namespace pgweir::pool::test

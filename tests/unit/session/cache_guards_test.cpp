#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "session/cache_guard.hpp"
#include "session/messages.hpp"

// Guards of several pgweirs on one PostgreSQL, in any order of their steps: what one serves no other may write unseen.

namespace pgweir::test {

namespace {

using namespace std::chrono_literals;
using session::cache_guard;

/// The locks and notifications of one database.
class lock_server {
public:
    struct session {
        std::string unread;  ///< what it has said to the guard
        std::deque<std::string> asked;
        bool listens = false;
        int exclusive = 0;
        int shared = 0;
        std::multiset<std::string> numbered;  ///< "class, number"
    };

    /// Executes the oldest question, unless it waits for a lock.
    void step(session& of) {
        if (of.asked.empty()) return;
        const std::string sql = of.asked.front();
        if (has(sql, "pg_advisory_lock_shared('") && others_have_exclusive(of)) return;
        of.asked.pop_front();
        execute(of, sql);
    }

    std::vector<session*> sessions;

private:
    static bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
    static std::string between(const std::string& text, std::string_view before, std::string_view behind) {
        const auto begin = text.find(before) + before.size();
        return text.substr(begin, text.find(behind, begin) - begin);
    }

    bool others_have_exclusive(const session& than) const {
        return std::any_of(sessions.begin(), sessions.end(),
                           [&](const session* each) { return each != &than && each->exclusive > 0; });
    }
    bool others_have_any(const session& than) const {
        return std::any_of(sessions.begin(), sessions.end(), [&](const session* each) {
            return each != &than && (each->exclusive > 0 || each->shared > 0);
        });
    }

    static void answer(session& to, std::string_view value) {
        to.unread += row_description("a") + data_row(value) + complete("SELECT 1") + ready('I');
    }
    static void answer(session& to, bool yes) { answer(to, yes ? std::string_view("t") : std::string_view("f")); }

    void execute(session& of, const std::string& sql) {
        if (has(sql, "pg_is_in_recovery")) return answer(of, false);
        if (has(sql, "LISTEN")) of.listens = true;
        if (has(sql, "NOTIFY")) return notify(of, between(sql, ", '", "'"));
        if (has(sql, "pg_try_advisory_lock")) {
            const bool free = !others_have_any(of);
            of.exclusive += free ? 1 : 0;
            return answer(of, free);
        }
        if (has(sql, "HAVING"))
            return answer(of, strangers(between(sql, "objid OPERATOR(pg_catalog.=) 1769078785", "strangers")));
        if (has(sql, "objid OPERATOR(pg_catalog.<>)"))
            return answer(of, served_from_other_than(between(sql + ".", "objid OPERATOR(pg_catalog.<>) ", ".")));
        if (has(sql, "pg_advisory_lock_shared('")) ++of.shared;
        if (has(sql, "pg_advisory_unlock('")) --of.exclusive;
        if (has(sql, "pg_advisory_unlock_shared('")) --of.shared;
        if (has(sql, "pg_advisory_lock_shared(1")) of.numbered.insert(between(sql, "_shared(", ")"));
        if (has(sql, "pg_advisory_unlock_shared(1")) of.numbered.erase(of.numbered.find(between(sql, "_shared(", ")")));
        of.unread += complete("SELECT 0") + ready('I');
    }

    void notify(session& from, const std::string& payload) {
        std::string body(4, '\0');
        body += "pgweir_cache";
        body.push_back('\0');
        body += payload;
        body.push_back('\0');
        std::string message = "A";
        const auto size = static_cast<std::uint32_t>(body.size() + 4);
        for (int shift = 24; shift >= 0; shift -= 8) message.push_back(static_cast<char>(size >> shift));
        message += body;
        for (session* each : sessions)
            if (each->listens) each->unread += message;
        from.unread += complete("NOTIFY") + ready('I');
    }

    bool strangers(const std::string& condition) const {
        const std::string number = between(condition, "objid OPERATOR(pg_catalog.=) ", " ");
        return std::any_of(sessions.begin(), sessions.end(), [&](const session* each) {
            return each->shared + each->exclusive > 0 && !each->numbered.contains("1885828979, " + number);
        });
    }

    bool served_from_other_than(const std::string& number) const {
        for (const session* each : sessions)
            for (const std::string& lock : each->numbered)
                if (lock.starts_with("1885828982, ") && lock != "1885828982, " + number) return true;
        return false;
    }
};

struct member {
    member(int number, std::string names)
        : guard(std::to_string(number), names.empty() ? cache_guard::store::memory : cache_guard::store::shared),
          store(std::move(names)) {
        if (!store.empty() && store != "unknown") guard.name_store(store);
    }
    cache_guard guard;
    std::string store;  ///< empty: process memory
    std::optional<lock_server::session> at;
};

class fleet {
public:
    fleet(unsigned seed, const std::vector<std::string>& stores) : chance_(seed) {
        for (const std::string& each : stores)
            members_.push_back(std::make_unique<member>(static_cast<int>(members_.size()), each));
    }

    /// What went wrong, or nothing.
    std::string run(int steps) {
        for (int i = 0; i < steps; ++i) {
            member& one = *members_[chance_() % members_.size()];
            step(one, static_cast<unsigned>(chance_() % 100));
            if (const std::string wrong = unsafe(); !wrong.empty()) return "step " + std::to_string(i) + ": " + wrong;
        }
        return {};
    }
    /// Until nothing more happens by itself: who serves then.
    std::set<std::size_t> settle() {
        for (int i = 0; i < 400; ++i)
            for (auto& each : members_)
                for (const unsigned what : {0U, 30U, 69U, 69U}) step(*each, what);
        std::set<std::size_t> serving;
        for (std::size_t i = 0; i < members_.size(); ++i)
            if (members_[i]->guard.alone()) serving.insert(i);
        return serving;
    }
    member& at(std::size_t index) { return *members_[index]; }
    /// Steps after which somebody served, for each of them.
    std::size_t served() const { return served_; }
    void leave(member& one) {
        if (!one.at) return;
        std::erase(server_.sessions, &*one.at);
        one.at.reset();
        one.guard.lost();
    }

private:
    void step(member& one, unsigned what) {
        if (what == 99) return leave(one);
        std::string out;
        if (!one.at) {
            if (what > 90) return;
            one.at.emplace();
            server_.sessions.push_back(&*one.at);
            one.guard.connected(now_, out);
        } else if (what < 30) {
            server_.step(*one.at);
        } else if (what < 60) {
            receive(one, out);
        } else {
            now_ += 50ms * static_cast<int>(what % 10);
            one.guard.tick(now_, out);
        }
        send(one, out);
    }

    // In pieces, as they come.
    void receive(member& one, std::string& out) {
        std::size_t consumed = 0;
        const std::size_t piece = chance_() % 2 == 0 ? one.at->unread.size() : one.at->unread.size() / 2;
        ASSERT_TRUE(one.guard.receive(std::string_view(one.at->unread).substr(0, piece), consumed, now_, out));
        one.at->unread.erase(0, consumed);
    }

    static void send(member& one, std::string& out) {
        for (const message& each : take_messages(out, direction::from_client))
            one.at->asked.emplace_back(each.body().substr(0, each.body().size() - 1));
    }

    std::string unsafe() {
        for (const auto& serving : members_) {
            if (!serving->guard.alone()) continue;
            ++served_;
            for (const auto& other : members_) {
                const bool hears = !serving->store.empty() && serving->store == other->store;
                if (other == serving || hears || !other->guard.known_to_others()) continue;
                return "one serves (" + serving->store + ") while another lends (" + other->store + ")";
            }
        }
        return {};
    }

    std::mt19937 chance_;
    base::time_point now_{};
    std::size_t served_ = 0;
    lock_server server_;
    std::vector<std::unique_ptr<member>> members_;
};

const std::vector<std::vector<std::string>> fleets{
    {"", ""}, {"", "a"}, {"a", "b"}, {"a", "a", "b"}, {"a", "unknown"}, {"", "", "a", "a"}, {"a", "b", "c", ""}};

TEST(CacheGuards, NobodyLendsUnseenByWhoServes) {
    for (const auto& stores : fleets) {
        std::size_t served = 0;
        for (unsigned seed = 0; seed < 300; ++seed) {
            fleet all(seed, stores);
            ASSERT_EQ(all.run(2000), "") << "seed " << seed;
            served += all.served();
        }
        EXPECT_GT(served, 100U) << stores.size();
    }
}

TEST(CacheGuards, OneAloneServes) {
    for (const std::string store : {"", "a"}) {
        fleet all(1, {store});
        EXPECT_EQ(all.settle(), std::set<std::size_t>{0}) << store;
    }
}

TEST(CacheGuards, AllServeWhoNameOneStore) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        fleet all(seed, {"a", "a", "a"});
        ASSERT_EQ(all.run(500), "");
        EXPECT_EQ(all.settle(), (std::set<std::size_t>{0, 1, 2})) << seed;
    }
}

TEST(CacheGuards, StrangersKeepEachOtherOff) {
    for (const auto& stores : {std::vector<std::string>{"", ""}, {"", "a"}, {"a", "b"}, {"a", "unknown"}}) {
        fleet all(7, stores);
        EXPECT_EQ(all.settle(), std::set<std::size_t>{}) << stores[0] << " and " << stores[1];
    }
}

TEST(CacheGuards, WhyItDoesNotServe) {
    fleet all(3, {"a", "unknown"});
    all.settle();
    EXPECT_EQ(all.at(0).guard.why_not(), metrics::cache_bypass::another_store);
    EXPECT_EQ(all.at(1).guard.why_not(), metrics::cache_bypass::store_unreachable);
    EXPECT_FALSE(all.at(0).guard.database().empty());
}

}  // namespace

}  // namespace pgweir::test

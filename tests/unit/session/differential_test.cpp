#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "session/lab.hpp"
#include "session/random_client.hpp"

// Random clients that share servers must each hear what they would hear alone.

namespace pgweir::test {
namespace {

/// What a program can tell apart. Settings are compared by SHOW: how often they are reported is the server's choice.
std::vector<std::string> visible(const std::string& heard) {
    std::vector<std::string> all;
    for (std::string& line : said(heard)) {
        if (line[0] == 'S') continue;
        if (line[0] == 'E') {
            line = line.substr(0, 13);
            // Of two things wrong with a message in a failed transaction either may be told; and what is only
            // acknowledged before the refusal did nothing.
            if (line == "E ERROR 42P05" || line == "E ERROR 26000") line = "E ERROR 25P02";
            while (line == "E ERROR 25P02" && !all.empty() && (all.back() == "1" || all.back() == "3")) all.pop_back();
        }
        all.push_back(line);
    }
    return all;
}

/// PGWEIR_SESSION_SEEDS: how many conversations are made up, for a longer look than the usual second.
std::uint32_t seeds() {
    const char* wanted = std::getenv("PGWEIR_SESSION_SEEDS");  // NOLINT(concurrency-mt-unsafe): one thread
    return wanted == nullptr ? 1000 : static_cast<std::uint32_t>(std::stoul(wanted));
}

struct shared_run {
    shared_run(std::uint32_t seed, bool with_faults)
        : random(seed), faults(with_faults), l(1 + seed % 2, true, limits(seed)) {
        const std::size_t count = 2 + seed % 2;
        for (std::size_t i = 0; i < count; ++i) {
            random_client::settings startup;
            if (seed % 3 == 0 && i == 0) startup.emplace_back("application_name", "from startup");
            scripts.emplace_back(seed * 10 + static_cast<std::uint32_t>(i), 8, startup);
            l.add_client(startup);
        }
        said_groups.resize(count);
        ready.resize(count);
        counted.resize(count);
    }

    static session::settings limits(std::uint32_t seed) {
        session::settings with;
        with.max_prepared = 1 + seed % 4;
        return with;
    }

    bool finished(std::size_t i) const { return l.clients[i]->gone || said_groups[i] == scripts[i].groups.size(); }

    std::size_t heard_ready(std::size_t i) {
        std::string rest = l.at(i).received.substr(counted[i]);
        const std::size_t before = rest.size();
        for (const message& one : take_messages(rest, direction::from_server)) ready[i] += one.tag == 'Z' ? 1 : 0;
        counted[i] += before - rest.size();
        return ready[i];
    }

    /// One client says something or one server moves, in no order at all.
    void turn() {
        const std::size_t i = random() % scripts.size();
        lab_client& client = l.at(i);
        if (faults && random() % 60 == 0) return fault(client);
        if (random() % 2 == 0) {
            l.step(client, 1 + random() % 60);
            return;
        }
        if (finished(i)) {
            const bool heard_all = faults || heard_ready(i) >= scripts[i].groups.back().ready_count;
            if (heard_all && !client.gone) l.client_says(i, terminate());
            return;
        }
        const std::size_t at = said_groups[i];
        const bool blocked = at > 0 && scripts[i].groups[at - 1].waits && !faults &&
                             heard_ready(i) < scripts[i].groups[at - 1].ready_count;
        if (blocked) return;
        l.client_says(i, scripts[i].groups[at].bytes);
        ++said_groups[i];
    }

    void fault(lab_client& client) {
        const bool server = random() % 2 == 0;
        if (server)
            l.lose_server(client);
        else
            l.leave(client, random() % 2 == 0);
    }

    /// False when it does not come to its end.
    bool run() {
        for (int turns = 0; turns < 20000; ++turns) {
            if (std::all_of(l.clients.begin(), l.clients.end(), [](const auto& c) { return c->gone && !c->server; }))
                return true;
            turn();
        }
        return false;
    }

    std::string transcripts() const {
        std::string all;
        for (const random_client& one : scripts) all += one.transcript() + '\n';
        for (const auto& one : l.retired) all += "a server that was lost: " + printable(one->seen) + '\n';
        for (const auto& one : l.servers) all += "a server was told: " + printable(one->seen) + '\n';
        return all;
    }

    static std::string printable(const std::string& bytes) {
        std::string text;
        for (const char c : bytes) text += c >= ' ' && c <= '~' ? c : '.';
        return text;
    }

    std::mt19937 random;
    bool faults;
    lab l;
    std::vector<random_client> scripts;
    std::vector<std::size_t> said_groups;
    std::vector<std::size_t> ready;
    std::vector<std::size_t> counted;
};

TEST(Differential, SharedServersAnswerLikeOnesOwn) {
    for (std::uint32_t seed = 1; seed <= seeds(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        shared_run run(seed, false);
        const bool ended = run.run();
        for (std::size_t i = 0; i < run.scripts.size(); ++i)
            ASSERT_EQ(visible(run.l.at(i).received), visible(run.scripts[i].alone)) << "client " << i << " said:\n"
                                                                                    << run.scripts[i].transcript();
        ASSERT_TRUE(ended) << "somebody waits for ever";
        for (const auto& client : run.l.clients) run.l.expect_rest(*client);
        ASSERT_EQ(run.l.broken, std::vector<std::string>{}) << run.transcripts();
    }
}

TEST(Differential, WhateverIsLostAllComesToRest) {
    for (std::uint32_t seed = 1; seed <= seeds(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        shared_run run(seed, true);
        ASSERT_TRUE(run.run()) << "somebody waits for ever";
        for (const auto& client : run.l.clients) run.l.expect_rest(*client);
        ASSERT_EQ(run.l.broken, std::vector<std::string>{}) << run.transcripts();
    }
}

}  // namespace
}  // namespace pgweir::test

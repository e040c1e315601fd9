// Random histories of readers and writers, in which each row is a counter that writers advance. Seeded: each failure
// can be repeated.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "cache/cache_lab.hpp"

namespace pgweir::cache {
namespace {

using start = result_cache::start;
using test::cache_lab;

constexpr std::size_t relations = 3;

/// Serialises what PostgreSQL would do. A statement reads all relations of its mask at one moment between its begin and
/// its end; a writer's change is there from its commit on, is acknowledged after it, and may roll back instead.
class history {
public:
    explicit history(std::uint64_t seed) : random_(seed), lab_(sized(seed)) {}

    void run(int steps) {
        for (step_ = 0; step_ < steps && !testing::Test::HasFailure(); ++step_) one_step();
        EXPECT_GT(hits_, 0);
    }

private:
    using versions = std::array<int, relations>;

    struct reader {
        std::size_t mask;
        flights::flight_id flight;
        std::optional<versions> saw;
        bool forgotten = false;  ///< its flight has ended before it
    };
    struct writer {
        write_set what;
        bool committed = false;
        bool rolled_back = false;
    };

    static settings sized(std::uint64_t seed) {
        settings how;
        if (seed % 3 == 0) how.memory_size = 1500;  // for a few entries only
        return how;
    }

    static std::vector<relation_id> read_by(std::size_t mask) {
        std::vector<relation_id> all;
        for (std::size_t each = 0; each < relations; ++each)
            if ((mask >> each & 1) != 0) all.push_back(static_cast<relation_id>(each + 1));
        return all;
    }
    static std::string shown(const versions& all, std::size_t mask) {
        std::string text;
        for (std::size_t each = 0; each < relations; ++each)
            if ((mask >> each & 1) != 0) text += std::to_string(all[each]) + ' ';
        return text + '.';
    }

    void ask() {
        const std::size_t mask = 1 + random_() % ((1U << relations) - 1);
        const std::string key = std::to_string(mask);
        if (const std::string found = lab_.find(key); !found.empty()) {
            ++hits_;
            // Whoever asks has seen what was acknowledged, and what is not committed yet has nobody seen.
            ASSERT_EQ(found, shown(acknowledged_, mask)) << "step " << step_;
            return;
        }
        const auto begun = lab_.begin(key, read_by(mask));
        if (begun.how == start::fill) readers_.push_back({mask, begun.flight, {}});
        if (begun.how != start::joined) return;
        // What it waits for must show it all that was acknowledged before it came.
        for (const reader& each : readers_) {
            if (each.mask != mask || !each.saw || each.forgotten) continue;
            ASSERT_EQ(shown(*each.saw, mask), shown(acknowledged_, mask)) << "step " << step_;
        }
        lab_.store.leave(1);
    }

    void read() {
        if (readers_.empty()) return;
        const std::size_t which = random_() % readers_.size();
        reader& one = readers_[which];
        if (!one.saw) {
            one.saw = current_;
            return;
        }
        if (random_() % 8 == 0)
            static_cast<void>(lab_.store.abandon(one.flight));
        else
            lab_.complete(one.flight, shown(*one.saw, one.mask));
        readers_.erase(readers_.begin() + static_cast<std::ptrdiff_t>(which));
    }

    void forget() {
        static_cast<void>(lab_.store.forget());
        for (reader& each : readers_) each.forgotten = true;
    }

    void begin_write() {
        if (writers_.size() == 2) return;
        const std::size_t mask = random_() % (1U << relations);
        write_set what = mask == 0 ? cache_lab::anything() : cache_lab::writes(read_by(mask));
        lab_.store.mark(what);
        writers_.push_back({std::move(what)});
    }

    void go_on_writing() {
        if (writers_.empty()) return;
        const std::size_t which = random_() % writers_.size();
        writer& one = writers_[which];
        if (!one.committed && !one.rolled_back) {
            (random_() % 4 == 0 ? one.rolled_back : one.committed) = true;
            if (one.committed) advance(one.what, current_);
            return;
        }
        if (one.committed) {
            lab_.store.bump(one.what);
            advance(one.what, acknowledged_);
        }
        lab_.store.unmark(one.what);
        writers_.erase(writers_.begin() + static_cast<std::ptrdiff_t>(which));
    }

    static void advance(const write_set& what, versions& of) {
        for (std::size_t each = 0; each < relations; ++each) {
            const auto& some = what.relations;
            if (what.everything || std::find(some.begin(), some.end(), each + 1) != some.end()) ++of[each];
        }
    }

    void one_step() {
        switch (random_() % 16) {
            case 0: begin_write(); break;
            case 1:
            case 2: go_on_writing(); break;
            case 3:
                if (random_() % 8 == 0) lab_.clear_relation(static_cast<relation_id>(1 + random_() % relations));
                if (random_() % 8 == 0) forget();
                break;
            case 4:
            case 5:
            case 6:
            case 7:
            case 8: read(); break;
            default: ask();
        }
        ASSERT_EQ(lab_.look().marks, writers_.size());
        ASSERT_LE(lab_.look().flights, readers_.size());
    }

    std::mt19937_64 random_;
    cache_lab lab_;
    std::vector<reader> readers_;
    std::vector<writer> writers_;
    versions current_{};
    versions acknowledged_{};
    int hits_ = 0;
    int step_ = 0;
};

TEST(result_cache_model, no_history_serves_what_a_write_acknowledged_before_has_replaced) {
    for (std::uint64_t seed = 1; seed <= 200 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        history(seed).run(400);
    }
}

}  // namespace
}  // namespace pgweir::cache

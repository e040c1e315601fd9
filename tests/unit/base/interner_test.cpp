#include "base/interner.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <barrier>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace pgweir::base {
namespace {

TEST(interner, equal_texts_are_one_object) {
    interner texts;
    const interned one = texts.intern("select 1");
    const interned same = texts.intern(std::string("select ") + "1");
    const interned other = texts.intern("select 2");
    EXPECT_EQ(one, same);
    EXPECT_EQ(one.id(), same.id());
    EXPECT_EQ(one.text().data(), same.text().data());
    EXPECT_FALSE(one == other);
    EXPECT_NE(one.id(), other.id());
    EXPECT_EQ(texts.size(), 2U);
}

TEST(interner, keeps_a_copy_of_the_text) {
    interner texts;
    std::string mine = "a text that is too long to be stored inside of a string object";
    const interned kept = texts.intern(mine);
    mine.assign(mine.size(), 'x');
    EXPECT_EQ(kept.text(), "a text that is too long to be stored inside of a string object");
}

TEST(interner, texts_may_be_empty_and_hold_nul) {
    interner texts;
    const interned empty = texts.intern("");
    EXPECT_TRUE(empty);
    EXPECT_EQ(empty.text(), "");
    const interned with_nul = texts.intern(std::string_view("a\0b", 3));
    EXPECT_EQ(with_nul.text().size(), 3U);
    EXPECT_FALSE(with_nul == texts.intern("a"));
}

TEST(interner, a_default_handle_is_empty) {
    interner texts;
    const interned nothing;
    EXPECT_FALSE(nothing);
    EXPECT_EQ(nothing, interned());
    EXPECT_FALSE(nothing == texts.intern(""));
}

TEST(interner, a_text_is_forgotten_with_its_last_handle) {
    interner texts;
    interned first = texts.intern("x");
    interned copy = first;
    first = {};
    EXPECT_EQ(texts.size(), 1U);
    EXPECT_EQ(copy.text(), "x");
    interned moved = std::move(copy);
    EXPECT_EQ(texts.size(), 1U);
    EXPECT_EQ(moved.text(), "x");
    moved = texts.intern("y");
    EXPECT_EQ(texts.size(), 1U);
    moved = {};
    EXPECT_EQ(texts.size(), 0U);
}

TEST(interner, a_handle_survives_being_assigned_to_itself) {
    interner texts;
    interned only = texts.intern("x");
    const interned& alias = only;
    only = alias;
    EXPECT_EQ(only.text(), "x");
    EXPECT_EQ(texts.size(), 1U);
}

TEST(interner, an_id_is_never_used_again) {
    interner texts;
    std::set<std::uint64_t> seen;
    for (int round = 0; round < 100; ++round) EXPECT_TRUE(seen.insert(texts.intern("x").id()).second);
    EXPECT_FALSE(seen.contains(0));
    EXPECT_EQ(texts.size(), 0U);
}

TEST(interner, a_mark_stays_as_long_as_the_text_lives) {
    interner texts;
    {
        const interned one = texts.intern("x");
        EXPECT_FALSE(one.marked());
        one.mark();
        EXPECT_TRUE(texts.intern("x").marked());
        EXPECT_FALSE(texts.intern("y").marked());
    }
    EXPECT_FALSE(texts.intern("x").marked());
}

/// Four threads that do the same at the same time; `work` gets the number of its thread.
template <class Work>
void in_four_threads(const Work& work) {
    constexpr int count = 4;
    std::barrier together(count);
    std::vector<std::thread> threads;
    for (int number = 0; number < count; ++number) {
        threads.emplace_back([&, number] {
            together.arrive_and_wait();
            work(number);
        });
    }
    for (auto& thread : threads) thread.join();
}

TEST(interner_threads, one_text_that_is_dropped_and_revived) {
    interner texts;
    std::atomic<int> wrong{0};
    in_four_threads([&](int) {
        for (int round = 0; round < 20'000; ++round) {
            const interned one = texts.intern("the only text");
            const interned again = texts.intern("the only text");
            if (!(one == again) || one.text() != "the only text") ++wrong;
        }
    });
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(texts.size(), 0U);
}

TEST(interner_threads, handles_are_dropped_by_other_threads_than_made_them) {
    interner texts;
    const std::array<std::string, 3> names{"a", "b", std::string(100, 'c')};
    std::array<std::pair<std::mutex, interned>, 2> desks;
    std::atomic<int> wrong{0};
    in_four_threads([&](int number) {
        for (int round = 0; round < 10'000; ++round) {
            const auto step = static_cast<std::size_t>(round + number);
            interned held = texts.intern(names[step % names.size()]);
            const interned copy = held;
            copy.mark();
            auto& [mutex, left] = desks[step % desks.size()];
            {
                const std::lock_guard lock(mutex);
                std::swap(left, held);
            }
            if (held && (!held.marked() || texts.intern(held.text()).id() != held.id())) ++wrong;
        }
    });
    EXPECT_EQ(wrong, 0);
    for (auto& [mutex, left] : desks) left = {};
    EXPECT_EQ(texts.size(), 0U);
}

TEST(interner_threads, no_two_texts_ever_have_one_id) {
    interner texts;
    std::array<std::map<std::uint64_t, std::string>, 4> seen;
    in_four_threads([&](int number) {
        for (int round = 0; round < 1000; ++round) {
            const interned one = texts.intern(std::to_string(round % 7));
            seen[static_cast<std::size_t>(number)].emplace(one.id(), one.text());
        }
    });
    std::map<std::uint64_t, std::string> all;
    for (const auto& part : seen) {
        for (const auto& [id, text] : part) EXPECT_EQ(all.emplace(id, text).first->second, text) << id;
    }
    EXPECT_EQ(texts.size(), 0U);
}

}  // namespace
}  // namespace pgweir::base

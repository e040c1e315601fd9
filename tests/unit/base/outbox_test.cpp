#include "base/outbox.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>

namespace pgweir::base {
namespace {

std::string content(const outbox& box) {
    return std::string(box.first()).append(box.second());
}

TEST(outbox, what_is_relayed_is_not_copied) {
    const std::string source = "from the other side";
    outbox box;
    EXPECT_TRUE(box.empty());
    box.relay(source);
    EXPECT_EQ(box.first(), "");
    EXPECT_EQ(box.second().data(), source.data());
    EXPECT_EQ(box.second(), source);
    EXPECT_EQ(box.size(), source.size());
    EXPECT_FALSE(box.empty());
}

TEST(outbox, stretches_that_lie_side_by_side_become_one) {
    const std::string source = "abcdef";
    outbox box;
    box.relay(bytes_view(source).substr(0, 2));
    box.relay(bytes_view(source).substr(2, 3));
    EXPECT_EQ(box.first(), "");
    EXPECT_EQ(box.second(), "abcde");
    EXPECT_EQ(box.second().data(), source.data());
}

TEST(outbox, of_stretches_that_lie_apart_the_earlier_is_copied) {
    std::string source = "abcdef";
    outbox box;
    box.relay(bytes_view(source).substr(0, 2));
    box.relay(bytes_view(source).substr(4, 2));
    EXPECT_EQ(box.first(), "ab");
    EXPECT_EQ(box.second().data(), source.data() + 4);
    source[0] = 'X';
    EXPECT_EQ(content(box), "abef");
}

TEST(outbox, our_own_bytes_keep_their_place) {
    const std::string source = "[relayed]";
    outbox box;
    box.own() += "before";
    box.relay(source);
    EXPECT_EQ(box.first(), "before");
    EXPECT_EQ(box.second(), source);
    box.own() += "behind";
    EXPECT_EQ(content(box), "before[relayed]behind");
    EXPECT_EQ(box.second(), "");
    EXPECT_EQ(box.size(), 21U);
}

TEST(outbox, after_settle_the_source_may_change) {
    std::string source = "abcdef";
    outbox box;
    box.own() += "1";
    box.relay(source);
    box.consume(3);
    EXPECT_EQ(content(box), "cdef");
    box.settle();
    source.assign(source.size(), 'X');
    EXPECT_EQ(content(box), "cdef");
    EXPECT_EQ(box.second(), "");
    EXPECT_EQ(box.size(), 4U);
}

TEST(outbox, a_write_may_end_anywhere) {
    const std::string source = "relayed";
    for (std::size_t count = 0; count <= 10; ++count) {
        outbox box;
        box.own() += "own";
        box.relay(source);
        box.consume(count);
        EXPECT_EQ(content(box), ("own" + source).substr(count));
        EXPECT_EQ(box.size(), 10 - count);
        EXPECT_EQ(box.empty(), count == 10);
        if (count >= 3) {
            EXPECT_EQ(box.first(), "");
            EXPECT_EQ(box.second().data(), source.data() + (count - 3)) << "what is left is not copied";
        }
    }
}

TEST(outbox, relaying_nothing_changes_nothing) {
    const std::string source = "abc";
    outbox box;
    box.relay({});
    EXPECT_TRUE(box.empty());
    box.own() += "1";
    box.relay(source);
    box.relay({});
    EXPECT_EQ(content(box), "1abc");
}

TEST(outbox, clear_forgets_both) {
    const std::string source = "abc";
    outbox box;
    box.own() += "1";
    box.relay(source);
    box.clear();
    EXPECT_TRUE(box.empty());
    EXPECT_EQ(content(box), "");
    box.own() += "2";
    EXPECT_EQ(content(box), "2");
}

/// One buffer that is filled anew for each read, as a worker's is.
TEST(outbox, is_what_a_string_would_be) {
    std::minstd_rand random(1);
    outbox box;
    std::string buffer(64, ' ');
    std::string model;
    for (int read = 0; read < 3000; ++read) {
        for (char& c : buffer) c = static_cast<char>('a' + random() % 26);
        for (std::size_t at = 0; at < buffer.size();) {
            const std::size_t size = std::min<std::size_t>(random() % 20, buffer.size() - at);
            switch (random() % 4) {
                case 0:
                    box.own() += "#";
                    model += '#';
                    break;
                case 1: break;
                default: box.relay(bytes_view(buffer).substr(at, size)); model.append(buffer, at, size);
            }
            at += size;
            const std::size_t written = random() % (std::min<std::size_t>(model.size(), 40) + 1);
            box.consume(written);
            model.erase(0, written);
            ASSERT_EQ(content(box), model) << "read " << read;
            ASSERT_EQ(box.size(), model.size());
        }
        box.settle();
    }
}

}  // namespace
}  // namespace pgweir::base

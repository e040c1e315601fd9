#include "metrics/application_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace pgweir::metrics {
namespace {

TEST(application_label, has_no_digits) {
    EXPECT_EQ(application_label("psql"), "psql");
    EXPECT_EQ(application_label("gunicorn[1234]"), "gunicorn");
    EXPECT_EQ(application_label("web-12 worker 3"), "web- worker");
    EXPECT_EQ(application_label("pg_dump"), "pg_dump");
    EXPECT_EQ(application_label("PostgreSQL JDBC Driver"), "PostgreSQL JDBC Driver");
}

TEST(application_label, is_bounded_and_printable) {
    EXPECT_EQ(application_label(""), "unnamed");
    EXPECT_EQ(application_label("1234"), "unnamed");
    EXPECT_EQ(application_label("a\n\xff"
                                "b"),
              "a??b");
    EXPECT_EQ(application_label(std::string(1000, 'a')).size(), 63U);
}

TEST(application_names, first_come_first_numbered) {
    application_names names;
    EXPECT_EQ(names.index_of("a"), 0U);
    EXPECT_EQ(names.index_of("b"), 1U);
    EXPECT_EQ(names.index_of("a"), 0U);
    EXPECT_EQ(names.index_of("a-77"), 0U);
    EXPECT_THAT(names.names(), testing::ElementsAre("a", "b"));
}

TEST(application_names, later_ones_share_a_number) {
    application_names names;
    for (char c = 'a'; c < 'a' + 20; ++c)
        EXPECT_EQ(names.index_of(std::string(1, c)), static_cast<std::size_t>(c - 'a'));
    EXPECT_EQ(names.index_of("one too many"), application_names::other);
    EXPECT_EQ(names.index_of("another"), application_names::other);
    EXPECT_EQ(names.index_of("c"), 2U);
    EXPECT_EQ(names.names().size(), application_names::capacity);
}

TEST(application_names, threads_agree) {
    application_names names;
    std::vector<std::vector<std::size_t>> seen(4);
    {
        std::vector<std::jthread> threads;
        for (auto& mine : seen)
            threads.emplace_back([&names, &mine] {
                for (char c = 'a'; c <= 'z'; ++c) mine.push_back(names.index_of(std::string(1, c)));
            });
    }
    for (char c = 'a'; c <= 'z'; ++c)
        for (const auto& mine : seen) {
            const std::size_t index = mine[static_cast<std::size_t>(c - 'a')];
            if (index == application_names::other) continue;
            EXPECT_EQ(names.names()[index], std::string(1, c));
        }
}

}  // namespace
}  // namespace pgweir::metrics

#include "config/suggest.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::config {
namespace {

const std::vector<std::string_view> words{"size", "min_idle", "connect_burst", "reserve", "queue", "mode"};

TEST(nearest, finds_typing_mistakes) {
    EXPECT_EQ(nearest("sise", words), "size");
    EXPECT_EQ(nearest("szie", words), "size");
    EXPECT_EQ(nearest("min-idle", words), "min_idle");
    EXPECT_EQ(nearest("minidle", words), "min_idle");
    EXPECT_EQ(nearest("conect_brust", words), "connect_burst");
    EXPECT_EQ(nearest("modes", words), "mode");
    EXPECT_EQ(nearest("connect", words), "connect_burst");
}

TEST(nearest, says_nothing_rather_than_nonsense) {
    EXPECT_EQ(nearest("colour", words), "");
    EXPECT_EQ(nearest("x", words), "");
    EXPECT_EQ(nearest("", words), "");
    EXPECT_EQ(nearest(std::string(500, 'a'), words), "");
    EXPECT_EQ(nearest("size", {}), "");
}

}  // namespace
}  // namespace pgweir::config

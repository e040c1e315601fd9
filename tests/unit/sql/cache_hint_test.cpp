#include "sql/cache_hint.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace pgweir::sql {
namespace {

using namespace std::chrono_literals;

cache_hint read(std::string_view text) {
    const cache_hint found = read_cache_hint(text);
    EXPECT_TRUE(found.empty() || may_have_hint(text)) << text;
    return found;
}

TEST(cache_hint, each_word) {
    EXPECT_TRUE(read("/* pgweir: no-cache */ SELECT 1").no_cache);
    EXPECT_TRUE(read("/* pgweir: refresh */ SELECT 1").refresh);
    EXPECT_EQ(read("/* pgweir: ttl=30s */ SELECT 1").ttl, 30s);
    EXPECT_EQ(read("/*pgweir:ttl=1h30m*/SELECT 1").ttl, 90min);
    EXPECT_TRUE(read("/* PGWEIR: No-Cache */ SELECT 1").no_cache);
}

TEST(cache_hint, several) {
    for (const std::string between : {" ", ",", ", ", "\n", " ,\t, "}) {
        const cache_hint found = read("/* pgweir: refresh" + between + "ttl=2s */ SELECT 1");
        EXPECT_TRUE(found.refresh) << between;
        EXPECT_EQ(found.ttl, 2s) << between;
        EXPECT_EQ(found.unknown, 0U) << between;
    }
    const cache_hint two =
        read("/* trace 17 */ -- pgweir: no-cache\n /* pgweir: refresh */ /* pgweir: ttl=1s ttl=2s */ SELECT 1");
    EXPECT_TRUE(two.refresh);
    EXPECT_EQ(two.ttl, 2s);
    EXPECT_FALSE(two.no_cache) << "a line comment is no hint";
}

TEST(cache_hint, none) {
    for (const char* text :
         {"", " ", "SELECT 1", "SELECT /* pgweir: no-cache */ 1", "SELECT 1 /* pgweir: no-cache */",
          "/* no-cache */ SELECT 1", "/* my pgweir: no-cache */ SELECT 1", "/* pgweir: */ SELECT 1",
          "SELECT '/* pgweir: no-cache */'", "'/* pgweir: no-cache */'", "/ * pgweir: no-cache */",
          "/* /* pgweir: no-cache */ */ SELECT 1", "-- pgweir: no-cache", "/* pgweir : no-cache */ SELECT 1"})
        EXPECT_TRUE(read(text).empty()) << text;
    EXPECT_TRUE(read("/* pgweir: no-cache").empty()) << "it is never closed";
    EXPECT_TRUE(read("/* pgweir: no-cache /* */").empty());
}

TEST(cache_hint, words_that_mean_nothing) {
    const std::string_view text = "/* pgweir: nocache, ttl=30, no-cache ttl=2d ttl=0s ttl=off refresh=now */ SELECT 1";
    const cache_hint found = read(text);
    EXPECT_TRUE(found.no_cache);
    EXPECT_FALSE(found.ttl);
    EXPECT_EQ(found.unknown, 6U);
    EXPECT_EQ(unknown_words(text), "nocache, ttl=30, ttl=2d, ttl=0s, ttl=off, refresh=now");
    EXPECT_EQ(unknown_words("/* pgweir: refresh */ SELECT 1"), "");
}

}  // namespace
}  // namespace pgweir::sql

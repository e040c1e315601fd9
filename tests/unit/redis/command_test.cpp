#include "redis/command.hpp"

#include <gtest/gtest.h>

#include <string>

#include "redis/words.hpp"

namespace pgweir::redis {
namespace {

std::string written(command what) {
    std::string out = "before";
    append_command(out, what);
    EXPECT_EQ(out.substr(0, 6), "before");
    EXPECT_LE(out.size() - 6, size_bound(what));
    return out.substr(6);
}

TEST(command_test, is_an_array_of_bulk_strings) {
    EXPECT_EQ(written(words("PING")), "*1\r\n$4\r\nPING\r\n");
    EXPECT_EQ(written(words("SET", "key", "")), "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$0\r\n\r\n");
}

TEST(command_test, words_may_hold_any_bytes) {
    const std::string odd("\r\n\0$*", 5);
    EXPECT_EQ(written(words("GET", odd)), "*2\r\n$3\r\nGET\r\n$5\r\n" + odd + "\r\n");
    const std::string large(1'000'000, 'x');
    EXPECT_EQ(written(words("GET", large)), "*2\r\n$3\r\nGET\r\n$1000000\r\n" + large + "\r\n");
}

}  // namespace
}  // namespace pgweir::redis

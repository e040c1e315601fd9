#include "net/listen_address.hpp"

#include <gtest/gtest.h>

#include <string>

#include "net/error.hpp"

namespace pgweir::net {
namespace {

std::string read(std::string_view text) {
    const auto address = parse_listen_address(text);
    return address ? address->host + " " + std::to_string(address->port) : address.error().message();
}

TEST(listen_address_test, reads_hosts_with_and_without_a_port) {
    EXPECT_EQ(read("0.0.0.0:6432"), "0.0.0.0 6432");
    EXPECT_EQ(read("0.0.0.0"), "0.0.0.0 6432");
    EXPECT_EQ(read("localhost:1"), "localhost 1");
    EXPECT_EQ(read("*:65535"), "* 65535");
    EXPECT_EQ(read("127.0.0.1:0"), "127.0.0.1 0");
}

TEST(listen_address_test, reads_ipv6_in_brackets) {
    EXPECT_EQ(read("[::]:5432"), ":: 5432");
    EXPECT_EQ(read("[::1]"), "::1 6432");
}

TEST(listen_address_test, reads_directories) {
    EXPECT_EQ(read("/run/pgweir"), "/run/pgweir 6432");
    EXPECT_EQ(read("/run/pgweir:5432"), "/run/pgweir 5432");
    EXPECT_EQ(read("/run/a:b/c"), "/run/a:b/c 6432");
    EXPECT_EQ(read("/run/a:1/c:2"), "/run/a:1/c 2");
    EXPECT_TRUE(parse_listen_address("/run")->is_unix());
    EXPECT_FALSE(parse_listen_address("run")->is_unix());
}

TEST(listen_address_test, refuses_the_rest) {
    for (const char* text : {"", ":", ":6432", "host:", "host:x", "host:65536", "host:-1", "host:1x", "host: 1", "[::1",
                             "[::1]6432", "[::1]:", "[]:1", "::1", "1:2:3", "/run/pgweir:", "/run/pgweir:port"})
        EXPECT_EQ(parse_listen_address(text).error(), error_code::bad_address) << text;
}

}  // namespace
}  // namespace pgweir::net

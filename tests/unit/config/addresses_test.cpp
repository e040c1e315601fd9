#include "config/addresses.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgweir::config {
namespace {

using testing::HasSubstr;

TEST(parse_listen_address, forms) {
    const auto v4 = parse_listen_address("127.0.0.1:6432");
    ASSERT_TRUE(v4);
    EXPECT_EQ(v4->host, "127.0.0.1");
    EXPECT_EQ(v4->port, 6432);
    const auto v6 = parse_listen_address("[::1]:1");
    ASSERT_TRUE(v6);
    EXPECT_EQ(v6->host, "::1");
    EXPECT_EQ(v6->port, 1);
    EXPECT_TRUE(parse_listen_address("db-proxy.internal:65535"));
    EXPECT_EQ(parse_listen_address("*:6432")->host, "*");
    const auto directory = parse_listen_address("/run/pgweir");
    ASSERT_TRUE(directory);
    EXPECT_TRUE(directory->is_unix());
    EXPECT_EQ(directory->port, 0);
    EXPECT_EQ(parse_listen_address("/run/pgweir:6433")->host, "/run/pgweir");
    EXPECT_EQ(parse_listen_address("/run/pgweir:6433")->port, 6433);
}

TEST(parse_listen_address, what_is_wrong) {
    EXPECT_THAT(parse_listen_address("127.0.0.1").error(), HasSubstr("has no port"));
    EXPECT_THAT(parse_listen_address("").error(), HasSubstr("has no port"));
    EXPECT_THAT(parse_listen_address("127.0.0.1:0").error(), HasSubstr("from 1 to 65535"));
    EXPECT_THAT(parse_listen_address("127.0.0.1:65536").error(), HasSubstr("from 1 to 65535"));
    EXPECT_THAT(parse_listen_address("127.0.0.1:http").error(), HasSubstr("from 1 to 65535"));
    EXPECT_THAT(parse_listen_address("*:0").error(), HasSubstr("from 1 to 65535"));
    EXPECT_THAT(parse_listen_address("::1:6432").error(), HasSubstr("in brackets"));
    EXPECT_THAT(parse_listen_address("[localhost]:6432").error(), HasSubstr("no IPv6 address"));
    EXPECT_THAT(parse_listen_address(":6432").error(), HasSubstr("names no host"));
    EXPECT_THAT(parse_listen_address("a b:6432").error(), HasSubstr("is not host:port"));
    EXPECT_THAT(parse_listen_address("/run/\nx").error(), HasSubstr("is not a path"));
    EXPECT_THAT(parse_listen_address("/" + std::string(107, 'd')).error(), HasSubstr("too long for a unix socket"));
    EXPECT_THAT(parse_listen_address("/run:x").error(), HasSubstr("from 1 to 65535"));
    EXPECT_FALSE(parse_tcp_address("/run/pgweir"));
    EXPECT_FALSE(parse_tcp_address("*:9127"));
}

TEST(parse_socket_path, forms) {
    const std::string longest = "/" + std::string(106, 'p');  // sun_path has 108 bytes, one of them a NUL
    for (const std::string& text : {std::string("/run/pgweir/admin.sock"), std::string("/s"), longest}) {
        const auto path = parse_socket_path(text);
        ASSERT_TRUE(path) << path.error();
        EXPECT_EQ(*path, text);
    }
    EXPECT_THAT(parse_socket_path(longest + "p").error(), HasSubstr("too long for a unix socket: at most 107 bytes"));
    for (const char* text : {"", "admin.sock", "./admin.sock", "127.0.0.1:6432", "@abstract", "/run/a\nb", "/run/\xff"})
        EXPECT_THAT(parse_socket_path(text).error(), HasSubstr("is not an absolute path")) << text;
    EXPECT_THAT(parse_socket_path("/run/pgweir/").error(), HasSubstr("names a directory"));
    EXPECT_THAT(parse_socket_path("/").error(), HasSubstr("names a directory"));
}

TEST(listen_address, is_local) {
    for (const char* text : {"127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "localhost:1", "/run/pgweir"})
        EXPECT_TRUE(parse_listen_address(text)->is_local()) << text;
    for (const char* text :
         {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::2]:1", "[fd00::1]:1", "localhost.example:1", "*:1"})
        EXPECT_FALSE(parse_listen_address(text)->is_local()) << text;
}

TEST(parse_network, checks_prefix_and_bits) {
    for (const char* text : {"10.0.0.0/8", "0.0.0.0/0", "192.168.1.7/32", "fd00::/8", "::1/128", "10.128.0.0/9"})
        EXPECT_TRUE(parse_network(text)) << text;
    EXPECT_THAT(parse_network("10.0.0.1").error(), HasSubstr("write /32"));
    EXPECT_THAT(parse_network("::1").error(), HasSubstr("write /128"));
    EXPECT_THAT(parse_network("10.0.0.0/33").error(), HasSubstr("from 0 to 32"));
    EXPECT_THAT(parse_network("10.0.0.0/").error(), HasSubstr("from 0 to 32"));
    EXPECT_THAT(parse_network("10.1.0.0/8").error(), HasSubstr("bits set"));
    EXPECT_THAT(parse_network("10.128.0.0/8").error(), HasSubstr("bits set"));
    EXPECT_THAT(parse_network("db/8").error(), HasSubstr("is not a network"));
}

TEST(parse_upstream_host, one_host) {
    for (const char* text : {"db", "db.internal", "10.0.0.1", "::1", "fe80::1%eth0", "/var/run/postgresql"})
        EXPECT_TRUE(parse_upstream_host(text)) << text;
    EXPECT_THAT(parse_upstream_host("a,b").error(), HasSubstr("several hosts"));
    EXPECT_THAT(parse_upstream_host("/" + std::string(107, 'd')).error(), HasSubstr("too long"));
    EXPECT_FALSE(parse_upstream_host(""));
    EXPECT_FALSE(parse_upstream_host("@abstract"));
    EXPECT_FALSE(parse_upstream_host("a b"));
}

}  // namespace
}  // namespace pgweir::config

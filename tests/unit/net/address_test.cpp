#include "net/address.hpp"

#include <sys/un.h>

#include <string>

#include "net/error.hpp"
#include "net/support.hpp"

namespace pgweir::net {
namespace {

TEST(address_test, reads_and_writes_ipv4) {
    const auto address = socket_address::parse("192.0.2.7", 5432);
    ASSERT_TRUE(address);
    EXPECT_EQ(address->host(), "192.0.2.7");
    EXPECT_EQ(address->port(), 5432);
    EXPECT_EQ(address->to_string(), "192.0.2.7:5432");
    EXPECT_EQ(address->family(), AF_INET);
    EXPECT_FALSE(address->is_unix());
    EXPECT_FALSE(address->is_loopback());
}

TEST(address_test, reads_and_writes_ipv6) {
    const auto address = socket_address::parse("2001:DB8:0::1", 65535);
    ASSERT_TRUE(address);
    EXPECT_EQ(address->host(), "2001:db8::1");
    EXPECT_EQ(address->to_string(), "[2001:db8::1]:65535");
    EXPECT_EQ(address->family(), AF_INET6);
}

TEST(address_test, refuses_what_is_not_numeric) {
    for (const char* text : {"", "localhost", "1", "127.1", "1.2.3.256", "[::1]", "::g", "1.2.3.4 ", "fe80::1%eth0"})
        EXPECT_EQ(socket_address::parse(text, 1).error(), error_code::bad_address) << text;
    EXPECT_EQ(socket_address::parse(std::string(1000, '1'), 1).error(), error_code::bad_address);
}

TEST(address_test, knows_loopback) {
    for (const char* text : {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"})
        EXPECT_TRUE(socket_address::parse(text, 1)->is_loopback()) << text;
    for (const char* text :
         {"128.0.0.1", "126.1.1.1", "0.0.0.0", "::", "::2", "::ffff:10.0.0.1", "7f00::", "::127.0.0.1"})
        EXPECT_FALSE(socket_address::parse(text, 1)->is_loopback()) << text;
}

TEST(address_test, a_path_is_an_address) {
    const auto address = socket_address::unix_path("/run/postgresql/.s.PGSQL.5432");
    ASSERT_TRUE(address);
    EXPECT_TRUE(address->is_unix());
    EXPECT_FALSE(address->is_loopback());
    EXPECT_EQ(address->host(), "/run/postgresql/.s.PGSQL.5432");
    EXPECT_EQ(address->to_string(), "/run/postgresql/.s.PGSQL.5432");
    EXPECT_EQ(address->port(), 0);
}

TEST(address_test, a_path_may_be_as_long_as_the_kernel_takes) {
    const std::string longest(sizeof(sockaddr_un::sun_path) - 1, 'p');
    ASSERT_TRUE(socket_address::unix_path(longest));
    EXPECT_EQ(socket_address::unix_path(longest)->host(), longest);
    EXPECT_EQ(socket_address::unix_path(longest + "p").error(), error_code::bad_address);
    EXPECT_EQ(socket_address::unix_path("").error(), error_code::bad_address);
}

TEST(address_test, a_unix_peer_without_a_path_has_a_name_too) {
    const auto [ours, theirs] = socket_pair();
    const socket_address address = socket_address::local_of(ours.get());
    EXPECT_TRUE(address.is_unix());
    EXPECT_EQ(address.host(), "");
    EXPECT_EQ(address.to_string(), "unix");
}

TEST(address_test, no_address_is_nothing) {
    const socket_address none;
    EXPECT_FALSE(none.is_unix());
    EXPECT_FALSE(none.is_loopback());
    EXPECT_EQ(none.to_string(), "?");
    EXPECT_EQ(socket_address::local_of(-1).to_string(), "?");
}

TEST(address_test, tells_a_sockets_own_address) {
    const auto [ours, theirs] = tcp_pair();
    const socket_address address = socket_address::local_of(ours.get());
    EXPECT_EQ(address.host(), "127.0.0.1");
    EXPECT_NE(address.port(), 0);
}

TEST(address_test, equal_addresses_are_equal) {
    EXPECT_EQ(*socket_address::parse("::1", 1), *socket_address::parse("0::1", 1));
    EXPECT_FALSE(*socket_address::parse("::1", 1) == *socket_address::parse("::1", 2));
    EXPECT_FALSE(*socket_address::parse("127.0.0.1", 1) == *socket_address::parse("::1", 1));
}

TEST(address_test, the_socket_of_a_port_has_postgresqls_name) {
    EXPECT_EQ(unix_socket_path("/tmp", 6432), "/tmp/.s.PGSQL.6432");
    EXPECT_EQ(unix_socket_path("/tmp/", 1), "/tmp/.s.PGSQL.1");
}

}  // namespace
}  // namespace pgweir::net

#include "auth/address_rules.hpp"

#include <gtest/gtest.h>

#include <string>

#include "auth/error.hpp"

namespace pgweir::auth {
namespace {

address_rules rules(const std::vector<std::string>& networks) {
    return address_rules::parse(networks).value();
}

TEST(address_rules, no_rules_contain_nothing) {
    EXPECT_TRUE(rules({}).empty());
    EXPECT_FALSE(rules({}).contains("127.0.0.1"));
}

TEST(address_rules, ipv4_networks_end_at_their_prefix) {
    const auto net = rules({"10.0.0.0/8", "192.168.4.64/26"});
    EXPECT_TRUE(net.contains("10.0.0.0"));
    EXPECT_TRUE(net.contains("10.255.255.255"));
    EXPECT_FALSE(net.contains("11.0.0.0"));
    EXPECT_FALSE(net.contains("9.255.255.255"));
    EXPECT_TRUE(net.contains("192.168.4.64"));
    EXPECT_TRUE(net.contains("192.168.4.127"));
    EXPECT_FALSE(net.contains("192.168.4.63"));
    EXPECT_FALSE(net.contains("192.168.4.128"));
}

TEST(address_rules, every_prefix_length_divides_where_it_should) {
    for (unsigned bit = 0; bit < 32; ++bit) {
        std::string far = "0.0.0.0";
        const unsigned value = 1U << (31 - bit);
        far = std::to_string(value >> 24) + "." + std::to_string(value >> 16 & 255) + "." +
              std::to_string(value >> 8 & 255) + "." + std::to_string(value & 255);
        EXPECT_FALSE(rules({"0.0.0.0/" + std::to_string(bit + 1)}).contains(far)) << bit;
        EXPECT_TRUE(rules({"0.0.0.0/" + std::to_string(bit)}).contains(far)) << bit;
    }
}

TEST(address_rules, ipv6_networks) {
    const auto net = rules({"fd00::/8", "2001:db8::1"});
    EXPECT_TRUE(net.contains("fd12:3456::9"));
    EXPECT_FALSE(net.contains("fe80::1"));
    EXPECT_TRUE(net.contains("2001:db8::1"));
    EXPECT_FALSE(net.contains("2001:db8::2"));
    EXPECT_TRUE(rules({"fe80::/10"}).contains("fe80::1%eth0"));
}

TEST(address_rules, bits_behind_the_prefix_are_ignored) {
    EXPECT_TRUE(rules({"10.1.2.3/8"}).contains("10.9.9.9"));
}

TEST(address_rules, a_mapped_address_is_the_ipv4_address) {
    EXPECT_TRUE(rules({"10.0.0.0/8"}).contains("::ffff:10.1.1.1"));
    EXPECT_TRUE(rules({"::ffff:10.0.0.0/104"}).contains("10.1.1.1"));
    EXPECT_FALSE(rules({"::ffff:10.0.0.0/104"}).contains("11.1.1.1"));
}

TEST(address_rules, the_families_do_not_mix) {
    EXPECT_FALSE(rules({"::/0"}).contains("10.1.1.1"));
    EXPECT_TRUE(rules({"::/0"}).contains("fe80::1"));
    EXPECT_FALSE(rules({"0.0.0.0/0"}).contains("fe80::1"));
    EXPECT_TRUE(rules({"0.0.0.0/0"}).contains("10.1.1.1"));
}

TEST(address_rules, what_is_no_network_is_refused) {
    for (const std::string text : {"",
                                   "/",
                                   "/8",
                                   "localhost",
                                   "10.0.0.0/33",
                                   "10.0.0.0/-1",
                                   "10.0.0.0/",
                                   "10.0.0.0/8/8",
                                   "10.0.0/8",
                                   "10.0.0.0/8 ",
                                   " 10.0.0.0/8",
                                   "256.0.0.1",
                                   "fd00::/129",
                                   "::ffff:10.0.0.0/8",
                                   "10.0.0.0/255.0.0.0",
                                   "0x0a000001",
                                   "all",
                                   "10.0.0.1%eth0",
                                   "fe80::1%",
                                   "::1%a/b"}) {
        address_rules net;
        EXPECT_EQ(net.add(text), error_code::bad_address) << text;
        EXPECT_TRUE(net.empty());
        EXPECT_FALSE(rules({"0.0.0.0/0", "::/0"}).contains(text)) << text;
    }
    address_rules net;
    EXPECT_TRUE(net.add(std::string_view("10.0.0.1\0", 9)));
    const std::vector<std::string> one_is_bad{"10.0.0.0/8", "bad"};
    EXPECT_EQ(address_rules::parse(one_is_bad).error(), error_code::bad_address);
}

}  // namespace
}  // namespace pgweir::auth

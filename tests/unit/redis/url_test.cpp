#include "redis/url.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "redis/error.hpp"

namespace pgweir::redis {
namespace {

struct good_case {
    std::string_view text;
    url expected;
};

url tcp(std::string host, std::uint16_t port = 6379, std::uint32_t database = 0) {
    return {.host = std::move(host), .port = port, .database = database};
}

url with(url base, std::string user, std::string password) {
    base.user = std::move(user);
    base.password = std::move(password);
    return base;
}

url local(std::string path, std::uint32_t database = 0) {
    return {.path = std::move(path), .database = database};
}

TEST(url_test, reads_what_there_is) {
    const std::vector<good_case> cases{
        {"redis://db", tcp("db")},
        {"redis://db/", tcp("db")},
        {"redis://db:7000", tcp("db", 7000)},
        {"redis://db:65535/15", tcp("db", 65535, 15)},
        {"redis://10.1.2.3/2147483647", tcp("10.1.2.3", 6379, 2147483647)},
        {"redis://[::1]", tcp("::1")},
        {"redis://[fe80::1]:7/3", tcp("fe80::1", 7, 3)},
        {"redis://cache_1.internal-net", tcp("cache_1.internal-net")},
        {"redis://:secret@db", with(tcp("db"), "", "secret")},
        {"redis://app:secret@db:1/2", with(tcp("db", 1, 2), "app", "secret")},
        {"redis://app@db", with(tcp("db"), "app", "")},
        {"redis://app:@db", with(tcp("db"), "app", "")},
        {"redis://:@db", tcp("db")},
        {"redis://@db", tcp("db")},
        {"redis://:a%40b%3a%2F%25@db", with(tcp("db"), "", "a@b:/%")},
        {"redis://:a@b:c#d@db", with(tcp("db"), "", "a@b:c#d")},
        {"redis://:%00%ff@db", with(tcp("db"), "", std::string("\0\xff", 2))},
        {"unix:///run/redis.sock", local("/run/redis.sock")},
        {"unix:///run/redis.sock?db=4", local("/run/redis.sock", 4)},
        {"unix:///a%20b%3F", local("/a b?")},
        {"unix://app:secret@/run/redis.sock?db=4", with(local("/run/redis.sock", 4), "app", "secret")},
        {"unix://:secret@/run/redis.sock", with(local("/run/redis.sock"), "", "secret")},
    };
    for (const good_case& each : cases) {
        const auto found = parse_url(each.text);
        ASSERT_TRUE(found) << each.text << ": " << found.error().message();
        EXPECT_EQ(*found, each.expected) << each.text << ": " << found->to_string();
    }
}

TEST(url_test, refuses_what_is_none) {
    const std::string long_path = "unix:///" + std::string(107, 'x');
    struct bad_case {
        std::string_view text;
        error_code expected;
    };
    const std::vector<bad_case> cases{
        {"", error_code::wrong_scheme},
        {"db:6379", error_code::wrong_scheme},
        {"http://db", error_code::wrong_scheme},
        {"REDIS://db", error_code::wrong_scheme},
        {"redis:/db", error_code::wrong_scheme},
        {"/run/redis.sock", error_code::wrong_scheme},
        {"rediss://db", error_code::tls_not_built},
        {"rediss://:secret@db:6379/0", error_code::tls_not_built},
        {"redis://", error_code::bad_host},
        {"redis:///1", error_code::bad_host},
        {"redis://:6379", error_code::bad_host},
        {"redis://:secret@", error_code::bad_host},
        {"redis://:secret@:6379", error_code::bad_host},
        {"redis://a b", error_code::bad_host},
        {"redis://a%20b", error_code::bad_host},
        {"redis://db,other", error_code::bad_host},
        {"redis://[::1", error_code::bad_host},
        {"redis://[::1]6379", error_code::bad_host},
        {"redis://[10.0.0.1]", error_code::bad_host},
        {"redis://[db]", error_code::bad_host},
        {"redis://[]", error_code::bad_host},
        {"redis://:se/cret@db", error_code::bad_host},  // a password that is not escaped
        {"redis://:se?cret@db", error_code::bad_host},
        {"redis://::1", error_code::bad_host},  // an IPv6 address without brackets
        {"redis://db:", error_code::bad_port},
        {"redis://db:0", error_code::bad_port},
        {"redis://db:65536", error_code::bad_port},
        {"redis://db:99999999999", error_code::bad_port},
        {"redis://db:-1", error_code::bad_port},
        {"redis://db:6379x", error_code::bad_port},
        {"redis://db: 6379", error_code::bad_port},
        {"redis://fe80::1", error_code::bad_port},
        {"redis://db/x", error_code::bad_database},
        {"redis://db/-1", error_code::bad_database},
        {"redis://db/1/2", error_code::bad_database},
        {"redis://db/2147483648", error_code::bad_database},
        {"redis://db/1#x", error_code::bad_database},
        {"redis://db?db=1", error_code::unknown_parameter},
        {"redis://db/1?timeout=5", error_code::unknown_parameter},
        {"redis://db/1?", error_code::unknown_parameter},
        {"redis://:%@db", error_code::bad_escape},
        {"redis://:%4@db", error_code::bad_escape},
        {"redis://:%4g@db", error_code::bad_escape},
        {"redis://%+1:x@db", error_code::bad_escape},
        {"redis://a%2:x@db", error_code::bad_escape},
        {"unix://", error_code::bad_path},
        {"unix:///", error_code::bad_path},
        {"unix://run/redis.sock", error_code::bad_path},
        {"unix://?db=1", error_code::bad_path},
        {"unix:///a%00b", error_code::bad_path},
        {long_path, error_code::bad_path},
        {"unix:///a%zz", error_code::bad_escape},
        {"unix:///a?", error_code::unknown_parameter},
        {"unix:///a?database=1", error_code::unknown_parameter},
        {"unix:///a?db=1&db=2", error_code::unknown_parameter},
        {"unix:///a?db=1&password=x", error_code::unknown_parameter},
        {"unix:///a?db=", error_code::bad_database},
        {"unix:///a?db=x", error_code::bad_database},
    };
    for (const bad_case& each : cases) {
        const auto found = parse_url(each.text);
        ASSERT_FALSE(found) << each.text << " was read as " << found->to_string();
        EXPECT_EQ(found.error(), each.expected) << each.text << ": " << found.error().message();
    }
}

TEST(url_test, is_shown_without_its_secrets) {
    const auto shown = [](std::string_view text) { return parse_url(text)->to_string(); };
    EXPECT_EQ(shown("redis://hush:hash@db"), "redis://db:6379/0");
    EXPECT_EQ(shown("redis://hush@[::1]:7/3"), "redis://[::1]:7/3");
    EXPECT_EQ(shown("unix://hush:hash@/run/redis.sock?db=4"), "unix:///run/redis.sock?db=4");
}

TEST(url_test, has_credentials_only_when_there_is_something_in_them) {
    EXPECT_FALSE(parse_url("redis://db")->has_credentials());
    EXPECT_FALSE(parse_url("redis://:@db")->has_credentials());
    EXPECT_TRUE(parse_url("redis://:x@db")->has_credentials());
    EXPECT_TRUE(parse_url("redis://x@db")->has_credentials());
}

TEST(error_test, each_has_a_sentence) {
    for (int code = 1; code <= static_cast<int>(error_code::command_refused); ++code)
        EXPECT_NE(std::error_code(code, error_category()).message(), "unknown error") << code;
    EXPECT_EQ(std::error_code(9999, error_category()).message(), "unknown error");
}

}  // namespace
}  // namespace pgweir::redis

#include "redis/identity.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace pgweir::redis {
namespace {

TEST(identity_test, reads_the_lines_that_it_knows) {
    server_identity server;
    server.read(
        "# Server\r\nredis_version:7.0.15\r\nredis_git_sha1:00000000\r\nredis_mode:standalone\r\nrun_id:aaaa\r\n\r\n"
        "# Replication\r\nrole:master\r\nmaster_replid:bbbb\r\nmaster_replid2:cccc\r\n"
        "slave0:ip=10.0.0.1,port=6379,state=online\r\nno colon\r\n:\r\nmaxmemory_policy:allkeys-lru");
    EXPECT_EQ(server.version, "7.0.15");
    EXPECT_EQ(server.mode, "standalone");
    EXPECT_EQ(server.run_id, "aaaa");
    EXPECT_EQ(server.replication_id, "bbbb");
    EXPECT_EQ(server.eviction_policy, "allkeys-lru");
    EXPECT_TRUE(server.is_primary());
    server.read("role:slave\r\n");
    EXPECT_FALSE(server.is_primary());
    EXPECT_EQ(server.version, "7.0.15");
}

TEST(identity_test, a_value_is_kept_only_as_far_as_it_is_plausible) {
    server_identity server;
    server.read("redis_version:" + std::string(1000, '7') + "\r\n");
    EXPECT_EQ(server.version, std::string(80, '7'));
}

TEST(identity_test, an_epoch_is_another_one_with_either_of_its_sources) {
    std::set<std::string> different;
    for (const std::string_view run : {"a", "b", ""})
        for (const std::string_view history : {"a", "b", ""}) different.insert(make_epoch(run, history).to_string());
    EXPECT_EQ(different.size(), 9U);
    EXPECT_EQ(make_epoch("a", "b"), make_epoch("a", "b"));
    EXPECT_EQ(make_epoch("a", "b").to_string().size(), 32U);
    EXPECT_EQ((epoch{.high = 1, .low = 0xabc}).to_string(), "00000000000000010000000000000abc");
}

}  // namespace
}  // namespace pgweir::redis

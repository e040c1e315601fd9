#include "relay/pool_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "relay/directory_lab.hpp"

namespace pgweir::relay::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct pool_directory_test : testing::Test {
    directory_lab lab;
};

TEST_F(pool_directory_test, all_clients_of_a_forced_user_share_one_pool) {
    lab.serve_by({{"app", forced()}});
    shared_pool& one = lab.login("app", "alice");
    EXPECT_EQ(&lab.login("app", "bob"), &one);
    EXPECT_EQ(one.user(), "app");
    EXPECT_EQ(one.database(), "app");
    EXPECT_THAT(lab.names(), ElementsAre("app/app"));
}

TEST_F(pool_directory_test, else_each_user_has_a_pool_of_its_own) {
    lab.serve_by({{"app", unforced()}});
    shared_pool& alice = lab.login("app", "alice");
    shared_pool& bob = lab.login("app", "bob");
    EXPECT_NE(&alice, &bob);
    EXPECT_EQ(&lab.login("app", "alice"), &alice);
    EXPECT_THAT(lab.names(), ElementsAre("app/alice", "app/bob"));
    EXPECT_NE(alice.scope(), bob.scope());
}

TEST_F(pool_directory_test, each_name_that_the_star_serves_is_a_database_of_its_own) {
    lab.serve_by({{"*", unforced()}});
    EXPECT_NE(&lab.login("one", "alice"), &lab.login("two", "alice"));
    EXPECT_THAT(lab.names(), ElementsAre("one/alice", "two/alice"));
}

TEST_F(pool_directory_test, a_forced_user_logs_in_with_the_upstreams_secret) {
    lab.serve_by({{"app", forced("of the upstream")}});
    const shared_pool& one = lab.login("app", "alice", "of alice");
    EXPECT_EQ(one.credentials.user, "app");
    EXPECT_EQ(one.credentials.password, "of the upstream");
    lab.login("app", "bob", "of bob");
    EXPECT_EQ(one.credentials.password, "of the upstream");
    EXPECT_EQ(lab.asked, 0) << "what the clients proved is of no use";
}

TEST_F(pool_directory_test, else_what_the_last_client_proved_is_used) {
    lab.serve_by({{"app", unforced()}});
    const shared_pool& one = lab.login("app", "alice", "old");
    EXPECT_EQ(one.credentials.user, "alice");
    EXPECT_EQ(one.credentials.password, "old");
    lab.login("app", "bob", "of bob");
    EXPECT_EQ(one.credentials.password, "old");
    lab.login("app", "alice", "new");
    EXPECT_EQ(one.credentials.password, "new");
    EXPECT_EQ(lab.asked, 3);
}

TEST_F(pool_directory_test, a_pool_is_in_use_and_has_the_settings_of_its_first_client) {
    database_settings how = unforced();
    how.pool.size = 7;
    lab.serve_by({{"app", how}});
    const shared_pool& one = lab.login("app", "alice");
    EXPECT_TRUE(one.in_use());
    EXPECT_EQ(one.settings()->pool.size, 7U);
    EXPECT_EQ(one.servers.current_settings().size, 7U);
}

TEST_F(pool_directory_test, all_pools_of_a_database_count_together) {
    database_settings how = unforced();
    how.pool.max_servers = 2;
    lab.serve_by({{"app", how}, {"other", how}});
    shared_pool& alice = lab.login("app", "alice");
    shared_pool& bob = lab.login("app", "bob");
    const auto one = lab.lend(alice);
    const auto two = lab.lend(bob);
    pool::waiter client(0);
    alice.servers.acquire(client, lab.now);
    EXPECT_EQ(alice.servers.connects_wanted(lab.now), 0U);
    alice.servers.abandon(client, lab.now);
    EXPECT_NE(lab.lend(lab.login("other", "alice")), nullptr) << "another database has places of its own";
}

TEST_F(pool_directory_test, there_is_a_counter_for_each_worker) {
    lab.serve_by({{"app", forced()}});
    shared_pool& one = lab.login("app", "alice");
    one.counters(0).logins.add();
    EXPECT_NE(&one.counters(0), &one.counters(1));
}

TEST_F(pool_directory_test, servers_are_shared_in_transaction_mode_only) {
    database_settings session_mode = forced();
    session_mode.pool.mode = pool::mode::session;
    lab.serve_by({{"app", forced()}, {"session", session_mode}});
    EXPECT_TRUE(lab.login("app", "alice").shares_servers());
    EXPECT_FALSE(lab.login("session", "alice").shares_servers());
}

TEST_F(pool_directory_test, forgets_its_texts_with_its_clients) {
    {
        const auto kept = session::parameters::make(lab.directory.texts(), {{"a", "1"}});
        EXPECT_EQ(lab.directory.texts().size(), 1U);
    }
    EXPECT_EQ(lab.directory.texts().size(), 0U);
    EXPECT_THAT(lab.names(), IsEmpty());
}

TEST(service_settings_test, a_database_that_is_not_listed_is_served_by_the_star) {
    auto all = std::make_shared<service_settings>();
    EXPECT_EQ(find_database(all, "app"), nullptr);
    all->databases["app"].pool.size = 1;
    EXPECT_EQ(find_database(all, "other"), nullptr);
    all->databases["*"].pool.size = 2;
    EXPECT_EQ(find_database(all, "app")->pool.size, 1U);
    EXPECT_EQ(find_database(all, "other")->pool.size, 2U);
}

TEST(service_settings_test, a_database_keeps_all_it_came_from_alive) {
    auto all = std::make_shared<service_settings>();
    all->databases["app"];
    const std::weak_ptr<service_settings> watched = all;
    auto kept = find_database(all, "app");
    all.reset();
    EXPECT_FALSE(watched.expired());
    kept.reset();
    EXPECT_TRUE(watched.expired());
}

TEST(service_settings_test, only_is_the_one_that_is_alone) {
    service_settings all;
    EXPECT_EQ(all.only(), nullptr);
    all.databases["app"];
    ASSERT_NE(all.only(), nullptr);
    EXPECT_EQ(all.only()->first, "app");
    all.databases["other"];
    EXPECT_EQ(all.only(), nullptr);
}

TEST(service_settings_test, the_console_is_for_those_who_are_named) {
    service_settings all;
    EXPECT_FALSE(all.admits_to_console("alice"));
    all.console_users = {"alice"};
    all.stats_users = {"bob"};
    EXPECT_TRUE(all.admits_to_console("alice"));
    EXPECT_TRUE(all.admits_to_console("bob"));
    EXPECT_FALSE(all.admits_to_console("carol"));
    EXPECT_FALSE(all.admits_to_console(""));
    EXPECT_EQ(all.access_to_console("alice"), console_access::change);
    EXPECT_EQ(all.access_to_console("bob"), console_access::look);
    EXPECT_EQ(all.access_to_console("carol"), console_access::none);
    all.console_users.emplace_back("bob");
    EXPECT_EQ(all.access_to_console("bob"), console_access::change) << "who stands in both lists";
}

}  // namespace
}  // namespace pgweir::relay::test

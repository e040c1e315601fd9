#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "relay/directory_lab.hpp"

/// pool_directory::serve_by: what a start and a reload make of the pools.
namespace pgweir::relay::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct served_pools {
    /// The pool of a forced user, with one idle server and one lent, and a greeting.
    shared_pool& busy_pool() {
        lab.serve_by({{"app", forced()}});
        shared_pool& one = lab.login("app", "alice");
        lab.stock(one);
        session::server_state state;
        state.reported = {{"server_version", "17.2"}};
        one.server_opened(state);
        lent = lab.lend(one);
        auto second = lab.lend(one);
        EXPECT_FALSE(one.servers.give_back(std::move(second), lab.now).must_close());
        EXPECT_EQ(lab.idle(one), 1U);
        EXPECT_EQ(one.greetings_known(), 1U);
        return one;
    }

    directory_lab lab;
    std::unique_ptr<pool::member> lent;
};

struct serve_by_test : testing::Test, served_pools {};

TEST_F(serve_by_test, a_pool_whose_user_is_known_is_made_and_tried_out) {
    EXPECT_THAT(lab.serve_by({{"app", forced()}, {"own", unforced()}, {"*", forced()}}), IsEmpty());
    EXPECT_THAT(lab.names(), ElementsAre("app/app"));
    shared_pool& one = *lab.find("app", "app");
    EXPECT_TRUE(one.servers.trying_out());
    EXPECT_EQ(one.servers.connects_wanted(lab.now), 1U);
    EXPECT_EQ(one.credentials.password, "pw");
    EXPECT_EQ(lab.asked, 0);
    EXPECT_EQ(&lab.login("app", "alice"), &one);
}

TEST_F(serve_by_test, a_pool_that_was_greeted_by_a_server_is_not_tried_out_again) {
    const shared_pool& one = busy_pool();
    ASSERT_FALSE(one.servers.trying_out());
    EXPECT_THAT(lab.serve_by({{"app", forced()}}), IsEmpty());
    EXPECT_FALSE(one.servers.trying_out());
}

TEST_F(serve_by_test, pools_of_clients_own_names_are_not_tried_out) {
    lab.serve_by({{"app", unforced()}});
    const shared_pool& one = lab.login("app", "alice");
    lab.serve_by({{"app", unforced()}});
    EXPECT_FALSE(one.servers.trying_out());
    EXPECT_EQ(one.servers.connects_wanted(lab.now), 0U);
}

TEST_F(serve_by_test, pools_go_on_by_the_new_settings_with_the_servers_they_have) {
    const shared_pool& one = busy_pool();
    database_settings larger = forced();
    larger.pool.size = 42;
    larger.session.max_prepared = 9;
    larger.upstream.connect_timeout = 1s;
    EXPECT_THAT(lab.serve_by({{"app", larger}}), IsEmpty());
    EXPECT_EQ(one.servers.current_settings().size, 42U);
    EXPECT_EQ(one.settings()->session.max_prepared, 9U);
    EXPECT_EQ(one.settings()->upstream.connect_timeout, 1s);
    EXPECT_EQ(lab.idle(one), 1U);
    EXPECT_EQ(one.greetings_known(), 1U);
    EXPECT_TRUE(one.in_use());
}

TEST_F(serve_by_test, the_pool_of_a_removed_database_is_out_of_use) {
    shared_pool& one = busy_pool();
    const auto before = one.settings();
    EXPECT_EQ(lab.serve_by({{"other", unforced()}}).size(), 1U) << "the idle server is to be closed";
    EXPECT_FALSE(one.in_use());
    EXPECT_EQ(one.settings(), before) << "the clients it has go on by what they logged in by";
    EXPECT_EQ(lab.idle(one), 0U);
    EXPECT_TRUE(one.servers.give_back(std::move(lent), lab.now).must_close());
    EXPECT_FALSE(one.servers.trying_out());
}

TEST_F(serve_by_test, a_pool_out_of_use_is_tried_out_no_longer) {
    lab.serve_by({{"app", forced()}});
    const shared_pool& one = *lab.find("app", "app");
    lab.serve_by({});
    EXPECT_EQ(one.servers.connects_wanted(lab.now), 0U);
    EXPECT_EQ(one.servers.next_event(), base::never);
}

TEST_F(serve_by_test, a_pool_out_of_use_keeps_no_idle_servers_for_nobody) {
    database_settings kept = forced();
    kept.pool.min_idle = 1;
    kept.pool.server_idle_timeout = base::off;
    lab.serve_by({{"app", kept}});
    shared_pool& one = lab.login("app", "alice");
    one.servers.client_arrived(lab.now);
    lab.connect(one);
    one.servers.client_left(lab.now);
    EXPECT_EQ(lab.serve_by({}).size(), 1U);
    EXPECT_EQ(one.servers.connects_wanted(lab.now), 0U);
}

TEST_F(serve_by_test, a_database_that_comes_back_revives_its_pool) {
    shared_pool& one = busy_pool();
    const auto gone = lab.serve_by({});
    database_settings again = forced();
    again.pool.size = 3;
    lab.serve_by({{"app", again}});
    EXPECT_TRUE(one.in_use());
    EXPECT_EQ(one.servers.current_settings().size, 3U);
    EXPECT_EQ(&lab.login("app", "alice"), &one);
    EXPECT_THAT(lab.names(), ElementsAre("app/app"));
}

TEST_F(serve_by_test, a_database_that_comes_back_elsewhere_is_opened_there) {
    shared_pool& one = busy_pool();
    const auto gone = lab.serve_by({});
    lab.serve_by({{"app", forced("new")}});
    EXPECT_EQ(one.credentials.password, "new");
    EXPECT_EQ(one.greetings_known(), 0U);
    EXPECT_TRUE(one.servers.trying_out());
}

TEST_F(serve_by_test, the_star_goes_on_with_what_a_removed_database_leaves) {
    lab.serve_by({{"app", unforced()}, {"*", unforced()}});
    const shared_pool& one = lab.login("app", "alice");
    lab.serve_by({{"*", unforced()}});
    EXPECT_TRUE(one.in_use());
}

TEST_F(serve_by_test, for_another_upstream_servers_are_replaced_and_greetings_forgotten) {
    const auto changed = [](auto&& change) {
        database_settings how = forced();
        change(how.upstream);
        return how;
    };
    for (const database_settings& next :
         {changed([](auto& to) { to.host = "elsewhere"; }), changed([](auto& to) { to.port = 5433; }),
          changed([](auto& to) { to.database = "shop"; }), changed([](auto& to) { to.password = "new"; })}) {
        served_pools fresh_case;
        directory_lab& here = fresh_case.lab;
        shared_pool& one = fresh_case.busy_pool();
        one.last_failure = session::failure{.reason = session::outcome::server_unreachable};
        EXPECT_EQ(here.serve_by({{"app", next}}).size(), 1U);
        EXPECT_EQ(one.greetings_known(), 0U);
        EXPECT_FALSE(one.last_failure);
        EXPECT_EQ(one.credentials.password, next.upstream.password);
        EXPECT_TRUE(one.servers.trying_out()) << "the new place is tried out";
        EXPECT_TRUE(one.servers.give_back(std::move(fresh_case.lent), here.now).must_close())
            << "opened at the old one";
        here.connect(one);
        EXPECT_EQ(here.idle(one), 1U);
    }
}

TEST_F(serve_by_test, another_upstream_leaves_clients_their_own_secrets) {
    lab.serve_by({{"app", unforced()}});
    shared_pool& one = lab.login("app", "alice", "of alice");
    lab.stock(one);
    database_settings elsewhere = unforced();
    elsewhere.upstream.host = "elsewhere";
    EXPECT_EQ(lab.serve_by({{"app", elsewhere}}).size(), 1U);
    EXPECT_EQ(one.credentials.password, "of alice");
}

TEST_F(serve_by_test, another_forced_user_has_another_pool) {
    shared_pool& old = busy_pool();
    database_settings next = forced();
    next.upstream.user = "service";
    EXPECT_EQ(lab.serve_by({{"app", next}}).size(), 1U);
    EXPECT_FALSE(old.in_use());
    EXPECT_THAT(lab.names(), ElementsAre("app/app", "app/service"));
    shared_pool& fresh = lab.login("app", "alice");
    EXPECT_EQ(fresh.user(), "service");
    EXPECT_TRUE(fresh.in_use());
    EXPECT_TRUE(fresh.servers.trying_out());
}

TEST_F(serve_by_test, a_user_that_is_forced_from_now_on_takes_the_place_of_the_clients_own) {
    lab.serve_by({{"app", unforced()}});
    shared_pool& alice = lab.login("app", "alice");
    shared_pool& app = lab.login("app", "app", "of the client");
    lab.serve_by({{"app", forced("of the upstream")}});
    EXPECT_FALSE(alice.in_use());
    EXPECT_TRUE(app.in_use());
    EXPECT_EQ(app.credentials.password, "of the upstream");
    EXPECT_EQ(&lab.login("app", "alice"), &app);
}

struct limit_test : serve_by_test {
    static database_settings limited(database_settings how, std::uint32_t servers) {
        how.pool.max_servers = servers;
        return how;
    }
    /// How many servers the pool gets when clients keep asking.
    std::uint32_t places(shared_pool& of) {
        std::vector<std::unique_ptr<pool::member>> all;
        pool::waiter client(0);
        of.servers.acquire(client, lab.now);
        while (of.servers.connects_wanted(lab.now) > 0) {
            all.push_back(lab.connect(of).server);
            of.servers.acquire(client, lab.now);
        }
        of.servers.abandon(client, lab.now);
        return static_cast<std::uint32_t>(all.size());
    }
};

TEST_F(limit_test, a_new_limit_of_servers_holds_at_once) {
    lab.serve_by({{"app", limited(unforced(), 2)}});
    shared_pool& one = lab.login("app", "alice");
    EXPECT_EQ(places(one), 2U);
    lab.serve_by({{"app", limited(unforced(), 5)}});
    EXPECT_EQ(places(one), 5U);
    lab.serve_by({{"app", limited(unforced(), pool::unlimited)}});
    EXPECT_EQ(places(one), one.servers.current_settings().size);
    EXPECT_EQ(places(lab.login("app", "bob")), one.servers.current_settings().size);
}

TEST_F(limit_test, a_new_limit_is_for_pools_to_come_as_well) {
    lab.serve_by({{"app", limited(unforced(), 2)}});
    lab.login("app", "alice");
    lab.serve_by({{"app", limited(unforced(), 5)}});
    EXPECT_EQ(places(lab.login("app", "bob")), 5U);
}

TEST_F(limit_test, another_forced_user_comes_with_the_new_limit) {
    lab.serve_by({{"app", limited(forced(), 2)}});
    database_settings next = limited(forced(), 5);
    next.upstream.user = "service";
    lab.serve_by({{"app", next}});
    EXPECT_EQ(places(lab.login("app", "alice")), 5U);
}

TEST_F(limit_test, a_database_that_comes_back_for_others_comes_with_the_new_limit) {
    lab.serve_by({{"app", limited(forced(), 2)}});
    lab.serve_by({});
    lab.serve_by({{"app", limited(unforced(), 5)}});
    EXPECT_EQ(places(lab.login("app", "alice")), 5U) << "a pool that is new";
}

}  // namespace
}  // namespace pgweir::relay::test

#include "pool/limits.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace pgweir::pool {
namespace {

using ceilings = client_limits::ceilings;

TEST(client_limits, bounds_connections_of_the_process) {
    client_limits limits;
    auto first = limits.connect(2);
    auto second = limits.connect(2);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(limits.connect(2).error(), error_code::too_many_clients);
    EXPECT_EQ(limits.connections(), 2U);
    first->release();
    EXPECT_TRUE(limits.connect(2));
    EXPECT_TRUE(limits.connect(0)) << "0 is no limit";
}

TEST(client_limits, names_the_limit_that_refused) {
    client_limits limits;
    const auto first = limits.login("app", "alice", "10.0.0.1", {});
    ASSERT_TRUE(first);
    const auto error = [&](const char* user, const char* address, const ceilings& most) {
        return limits.login("app", user, address, most).error();
    };
    EXPECT_EQ(error("alice", "10.0.0.1", {.database = 1, .user = 1}), error_code::too_many_database_clients);
    EXPECT_EQ(error("alice", "10.0.0.1", {.user = 1, .address = 1}), error_code::too_many_user_clients);
    EXPECT_EQ(error("alice", "10.0.0.1", {.address = 1}), error_code::too_many_address_clients);
    EXPECT_FALSE(error("bob", "10.0.0.2", {.database = 2, .user = 1, .address = 1}));
    EXPECT_EQ(limits.clients_of("app"), 1U) << "a refused client counts nowhere";
    EXPECT_EQ(limits.clients_of("app", "bob"), 0U);
}

TEST(client_limits, users_and_addresses_are_those_of_one_database) {
    client_limits limits;
    const auto here = limits.login("app", "alice", "10.0.0.1", {});
    EXPECT_TRUE(limits.login("shop", "alice", "10.0.0.1", {.database = 1, .user = 1, .address = 1}));
    EXPECT_TRUE(limits.login("ap", "palice", "", {.database = 1, .user = 1, .address = 1}));
}

TEST(client_limits, a_unix_socket_has_no_address) {
    client_limits limits;
    const auto first = limits.login("app", "alice", "", {.address = 1});
    const auto second = limits.login("app", "alice", "", {.address = 1});
    EXPECT_TRUE(first && second);
}

TEST(client_limits, forgets_names_at_zero) {
    client_limits limits;
    {
        std::vector<admission> places;
        for (int i = 0; i < 1000; ++i) {
            auto place = limits.login("app", "user" + std::to_string(i % 7), "10.0.0." + std::to_string(i % 11), {});
            ASSERT_TRUE(place);
            places.push_back(std::move(*place));
        }
        EXPECT_EQ(limits.clients_of("app"), 1000U);
        EXPECT_EQ(limits.names(), 1U + 7U + 11U);
    }
    EXPECT_EQ(limits.names(), 0U);
}

TEST(client_limits, a_moved_place_is_given_back_once) {
    client_limits limits;
    auto place = limits.login("app", "alice", "10.0.0.1", {});
    admission first = std::move(*place);
    admission second = std::move(first);
    EXPECT_FALSE(first);
    EXPECT_EQ(limits.clients_of("app"), 1U);
    second = admission();
    EXPECT_EQ(limits.names(), 0U);
}

TEST(client_limits, errors_have_words) {
    for (const auto code : {error_code::too_many_clients, error_code::too_many_database_clients,
                            error_code::too_many_user_clients, error_code::too_many_address_clients}) {
        EXPECT_NE(make_error_code(code).message(), "unknown error");
        EXPECT_STREQ(make_error_code(code).category().name(), "pool");
    }
}

}  // namespace
}  // namespace pgweir::pool

#include "relay/shared_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>

#include "relay/directory_lab.hpp"
#include "session/messages.hpp"

/// What a pool greets its clients with.
namespace pgweir::relay::test {
namespace {

using pgweir::test::said;
using session::parameters;
using testing::ElementsAre;

struct shared_pool_test : testing::Test {
    parameters made(std::vector<parameters::entry> entries) { return parameters::make(texts, std::move(entries)); }

    session::server_state server(const std::string& version, const std::string& zone = "UTC") {
        session::server_state state;
        state.reported = {{"server_version", version}, {"application_name", ""}, {"TimeZone", zone}};
        state.baseline = made({{"application_name", ""}, {"timezone", zone}});
        return state;
    }

    std::shared_ptr<const named_greeting> find(const std::string& name, const parameters& startup = {}) {
        return pool.find_greeting(texts, startup, name);
    }

    base::interner texts;
    shared_pool pool{"app", "alice", std::make_shared<database_settings>(unforced()), {}, 1, nullptr};
};

TEST_F(shared_pool_test, nothing_is_known_before_a_server_said_it) {
    EXPECT_EQ(pool.greetings_known(), 0U);
    EXPECT_EQ(find(""), nullptr);
    EXPECT_EQ(find("shop"), nullptr);
}

TEST_F(shared_pool_test, the_first_server_tells_what_clients_without_settings_are_greeted_with) {
    pool.server_opened(server("17.2"));
    EXPECT_EQ(pool.greetings_known(), 1U);
    const auto found = find("shop");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(said(found->statuses),
                ElementsAre("S server_version 17.2", "S application_name shop", "S TimeZone UTC"));
    EXPECT_EQ(find("", made({{"timezone", "CET"}})), nullptr) << "others have to be told by a server";
}

TEST_F(shared_pool_test, names_differ_in_what_is_said_and_are_made_once) {
    pool.server_opened(server("17.2"));
    const auto shop = find("shop");
    EXPECT_EQ(find("shop"), shop);
    const auto blog = find("blog");
    EXPECT_NE(blog, shop);
    EXPECT_EQ(blog->desired.find("application_name"), "blog");
    EXPECT_EQ(find("")->startup, parameters());
    EXPECT_EQ(find("shop"), shop);
}

TEST_F(shared_pool_test, a_greeting_is_found_by_what_the_client_asked_for) {
    const parameters asked = made({{"timezone", "CET"}});
    pool.remember_greeting(asked, {{{"TimeZone", "CET"}}, asked});
    EXPECT_THAT(said(find("", asked)->statuses), ElementsAre("S TimeZone CET"));
    EXPECT_EQ(find("", made({{"timezone", "CET"}})), find("", asked)) << "equal settings are one";
    EXPECT_EQ(find(""), nullptr);
    EXPECT_EQ(find("", made({{"timezone", "UTC"}})), nullptr);
}

TEST_F(shared_pool_test, what_is_learned_anew_replaces_what_was_known) {
    const parameters asked = made({{"timezone", "CET"}});
    pool.remember_greeting(asked, {{{"TimeZone", "CET"}}, asked});
    const auto old = find("shop", asked);
    pool.remember_greeting(asked, {{{"TimeZone", "Europe/Berlin"}}, asked});
    EXPECT_EQ(pool.greetings_known(), 1U);
    EXPECT_THAT(said(find("shop", asked)->statuses), ElementsAre("S TimeZone Europe/Berlin"));
    EXPECT_THAT(said(old->statuses), ElementsAre("S TimeZone CET")) << "who holds it may go on reading it";
}

TEST_F(shared_pool_test, what_SET_comes_to_is_learned_anew_from_other_servers) {
    auto& known = pool.known_settings(0);
    const auto still_known = [&] {
        const bool is = known.find("SET a") != nullptr;
        known.learn("SET a", {}, known.epoch());
        return is;
    };
    pool.server_opened(server("17.2"));
    EXPECT_FALSE(still_known());
    pool.server_opened(server("17.2"));
    EXPECT_TRUE(still_known());
    pool.server_opened(server("17.3"));
    EXPECT_FALSE(still_known()) << "another version";
    pool.server_opened(server("17.3", "CET"));
    EXPECT_FALSE(still_known()) << "another configuration";
    auto elsewhere = std::make_shared<database_settings>(unforced());
    elsewhere->upstream.host = "elsewhere";
    EXPECT_TRUE(pool.reconfigure(elsewhere, {}).empty());
    EXPECT_FALSE(still_known()) << "another upstream";
}

TEST_F(shared_pool_test, any_number_of_names_takes_a_bounded_number_of_texts) {
    pool.server_opened(server("17.2"));
    for (int number = 0; number < 1000; ++number)
        EXPECT_EQ(find("name " + std::to_string(number))->startup.find("application_name"),
                  "name " + std::to_string(number));
    EXPECT_LE(texts.size(), 40U) << "two for each of a few names";
}

TEST_F(shared_pool_test, any_number_of_settings_takes_a_bounded_number_of_greetings) {
    for (int number = 0; number < 1000; ++number) {
        const parameters asked = made({{"a", std::to_string(number)}});
        pool.remember_greeting(asked, {{}, asked});
        EXPECT_NE(find("", asked), nullptr);
        ASSERT_LE(pool.greetings_known(), 256U);
    }
    EXPECT_LE(texts.size(), 600U);
}

TEST_F(shared_pool_test, a_greeting_keeps_the_settings_that_it_is_found_by) {
    const void* key = nullptr;
    {
        const parameters asked = made({{"timezone", "CET"}});
        key = asked.key();
        pool.remember_greeting(asked, {{}, {}});
    }
    EXPECT_EQ(made({{"timezone", "CET"}}).key(), key);
    EXPECT_NE(find("", made({{"timezone", "CET"}})), nullptr);
}

TEST_F(shared_pool_test, another_server_of_the_same_kind_leaves_what_was_learned) {
    pool.server_opened(server("17.2"));
    const parameters asked = made({{"timezone", "CET"}});
    pool.remember_greeting(asked, {{}, asked});
    pool.server_opened(server("17.2"));
    EXPECT_EQ(pool.greetings_known(), 2U);
}

TEST_F(shared_pool_test, a_server_of_another_version_or_with_other_defaults_makes_it_forget) {
    for (const auto& [version, zone] : {std::pair("18.0", "UTC"), std::pair("17.2", "CET")}) {
        pool.server_opened(server("17.2"));
        const parameters asked = made({{"a", "1"}});
        pool.remember_greeting(asked, {{}, asked});
        pool.server_opened(server(version, zone));
        EXPECT_EQ(pool.greetings_known(), 1U) << version << zone;
        EXPECT_EQ(find("", asked), nullptr);
        EXPECT_THAT(said(find("")->statuses)[0], testing::HasSubstr(version));
    }
}

TEST_F(shared_pool_test, a_standby_that_was_promoted_is_the_same_server) {
    auto state = server("17.2");
    state.reported.emplace_back("in_hot_standby", "on");
    pool.server_opened(state);
    const parameters asked = made({{"a", "1"}});
    pool.remember_greeting(asked, {{}, asked});
    state.reported.back().second = "off";
    pool.server_opened(state);
    EXPECT_EQ(pool.greetings_known(), 2U);
    EXPECT_EQ(said(find("")->statuses).back(), "S in_hot_standby off");
}

TEST_F(shared_pool_test, a_server_that_was_opened_ends_the_last_failure) {
    pool.last_failure = session::failure{.reason = session::outcome::server_unreachable};
    pool.server_opened(server("17.2"));
    EXPECT_FALSE(pool.last_failure);
}

}  // namespace
}  // namespace pgweir::relay::test

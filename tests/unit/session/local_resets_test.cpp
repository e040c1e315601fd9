#include "session/local_resets.hpp"

#include <gtest/gtest.h>

#include <string>

#include "session/lab.hpp"

namespace pgweir::test {
namespace {

constexpr const char* pool_reset = "SELECT pg_advisory_unlock_all();\nCLOSE ALL;\nUNLISTEN *;\nRESET ALL;";

class resets : public testing::Test {
protected:
    resets() { lab_.add_client(); }

    /// Whether a server was asked.
    bool asks_server(const std::string& said) {
        lab_.database.executed.clear();
        lab_.client_says(0, said);
        lab_.run();
        EXPECT_EQ(lab_.broken, std::vector<std::string>{});
        return !lab_.database.executed.empty();
    }

    lab lab_;
};

TEST_F(resets, of_nothing_take_no_server) {
    for (const char* text : {pool_reset, "RESET ALL", "UNLISTEN *", "CLOSE ALL", "DISCARD ALL"}) {
        EXPECT_FALSE(asks_server(query(text))) << text;
        EXPECT_TRUE(asks_server(query("SELECT 1")));
        EXPECT_FALSE(asks_server(query(text))) << "also behind a use of the server: " << text;
    }
}

TEST_F(resets, of_settings_are_the_servers_affair) {
    EXPECT_TRUE(asks_server(query("SET TimeZone TO 'x'")));
    EXPECT_TRUE(asks_server(query(pool_reset)));
    EXPECT_TRUE(asks_server(query("SET TimeZone TO 'y'")));
    EXPECT_TRUE(asks_server(query("RESET ALL")));
    EXPECT_FALSE(asks_server(query("RESET ALL"))) << "it has reset it";
}

TEST_F(resets, of_a_pinned_session_are_the_servers_affair) {
    EXPECT_TRUE(asks_server(query("SELECT pg_advisory_lock(1)")));
    EXPECT_TRUE(asks_server(query(pool_reset)));
}

TEST_F(resets, in_a_transaction_are_the_servers_affair) {
    EXPECT_FALSE(asks_server(query("BEGIN")));
    EXPECT_TRUE(asks_server(query("RESET ALL")));
}

TEST_F(resets, DISCARD_ALL_among_others_is_an_error_of_the_server) {
    EXPECT_TRUE(asks_server(query("RESET ALL; DISCARD ALL")));
}

TEST_F(resets, DISCARD_ALL_forgets_prepared_statements) {
    EXPECT_TRUE(asks_server(parse("s", "SELECT 1") + sync() + query("SELECT 2")));
    EXPECT_EQ(lab_.at(0).talk.statements(), 1U);
    EXPECT_FALSE(asks_server(query(pool_reset)));
    EXPECT_EQ(lab_.at(0).talk.statements(), 1U);
    EXPECT_FALSE(asks_server(query("DISCARD ALL")));
    EXPECT_EQ(lab_.at(0).talk.statements(), 0U);
}

}  // namespace
}  // namespace pgweir::test

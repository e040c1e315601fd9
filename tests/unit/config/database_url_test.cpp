#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.hpp"
#include "config/support.hpp"

namespace pgweir::config {
namespace {

using test::complaints_without_file;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

source with_url(const std::string& url, std::vector<std::string> overrides = {}) {
    return {"", std::move(overrides), {{"DATABASE_URL", url}}};
}

TEST(database_url, is_a_whole_configuration) {
    const outcome loaded = load(with_url("postgres://app:p%40$$w${X}@db:5433/shop?sslmode=prefer"));
    ASSERT_TRUE(loaded.ok()) << to_string(loaded.problems.front());
    ASSERT_THAT(loaded.value.databases, SizeIs(1));
    const database& shop = loaded.value.databases.at("shop");
    EXPECT_EQ(shop.upstream.host, "db");
    EXPECT_EQ(shop.upstream.port, 5433);
    EXPECT_EQ(shop.upstream.database, "shop");
    EXPECT_EQ(shop.upstream.user, "app");
    EXPECT_EQ(shop.upstream.password, "p@$$w${X}");
    EXPECT_EQ(loaded.value.auth.method, auth::method::scram_sha_256);
    ASSERT_THAT(loaded.value.auth.users, SizeIs(1));
    EXPECT_EQ(loaded.value.auth.users.at("app").secret, "p@$$w${X}");
}

TEST(database_url, a_database_without_name_is_that_of_the_user) {
    const outcome loaded = load(with_url("postgres://app:pw@db"));
    ASSERT_TRUE(loaded.ok());
    EXPECT_TRUE(loaded.value.databases.contains("app"));
}

TEST(database_url, can_be_overridden) {
    const outcome loaded =
        load(with_url("postgres://app:pw@db/shop", {"databases.shop.pool.size=5", "auth.users.app.password=other"}));
    ASSERT_TRUE(loaded.ok()) << to_string(loaded.problems.front());
    EXPECT_EQ(loaded.value.databases.at("shop").pool.size, 5U);
    EXPECT_EQ(loaded.value.auth.users.at("app").secret, "other");
    EXPECT_EQ(loaded.value.databases.at("shop").upstream.password, "pw");
}

TEST(database_url, what_is_wrong) {
    EXPECT_THAT(
        complaints_without_file(with_url("postgres://app:pw@db/shop?sslmode=require")),
        ElementsAre("DATABASE_URL: sslmode=require needs TLS to the server, which is not available in this version"));
    EXPECT_THAT(complaints_without_file(with_url("postgres://app@db/shop")),
                ElementsAre("DATABASE_URL: auth.users.app: needs password or password_file"));
    EXPECT_THAT(complaints_without_file(with_url("postgres://db/shop")),
                ElementsAre("DATABASE_URL: auth.users: nobody can log in: name at least one user"));
    EXPECT_THAT(complaints_without_file(with_url("postgres://db")),
                ElementsAre(HasSubstr("DATABASE_URL: names no database")));
    EXPECT_THAT(complaints_without_file(with_url("postgres://app:pw@db/pgweir")),
                ElementsAre(HasSubstr("databases.pgweir: this name is the console's")));
    EXPECT_THAT(complaints_without_file(with_url("")),
                ElementsAre(HasSubstr("databases: nothing to serve"), HasSubstr("nobody can log in")));
    EXPECT_TRUE(
        load(with_url("postgres://app@db/shop", {"auth.method=trust", "listen.addresses=[\"127.0.0.1:1\"]"})).ok());
}

TEST(database_url, is_not_looked_at_when_there_is_a_file) {
    const test::temporary_folder folder;
    source from = with_url("not a url");
    from.file = folder.write("c.yaml", test::minimal);
    const outcome loaded = load(from);
    ASSERT_TRUE(loaded.ok());
    EXPECT_THAT(loaded.value.databases, SizeIs(1));
    EXPECT_TRUE(loaded.value.databases.contains("app"));
}

}  // namespace
}  // namespace pgweir::config

#include "config/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/support.hpp"

namespace pgweir::config {
namespace {

using test::complaints;
using test::complaints_after_minimal;
using test::complaints_in_database;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string users = "auth: {users: {app: {password: pw}}}\n";
const std::string databases = "databases: {app: {upstream: host=db}}\n";

TEST(check, there_is_something_to_serve) {
    const std::string nothing = "databases: nothing to serve: name at least one database with its upstream";
    EXPECT_THAT(complaints(users), ElementsAre("c.yaml:1:1: " + nothing));
    EXPECT_THAT(complaints(users + "databases:\n"), ElementsAre("c.yaml:2:1: " + nothing));
    EXPECT_THAT(complaints(users + "databases: {}\n"), ElementsAre("c.yaml:2:1: " + nothing));
    EXPECT_THAT(complaints(users + "databases: app\n"),
                ElementsAre(HasSubstr("c.yaml:2:12: databases: has to be a section")));
}

TEST(check, a_database_has_an_upstream) {
    EXPECT_THAT(complaints(users + "databases:\n  a: {pool: {size: 1}}\n  b:\n"),
                ElementsAre("c.yaml:3:3: databases.a: needs upstream, the server to connect to",
                            "c.yaml:4:3: databases.b: needs upstream, the server to connect to"));
    EXPECT_THAT(complaints(users + "databases: {a: {upstream: {}}}\n"),
                ElementsAre("c.yaml:2:27: databases.a.upstream: needs at least a host"));
    EXPECT_THAT(complaints(users + "databases: {a: {upstream: }}\n"),
                ElementsAre("c.yaml:2:17: databases.a.upstream: needs a value"));
    EXPECT_THAT(complaints(users + "databases: {a: text}\n"),
                ElementsAre(HasSubstr("databases.a: has to be a section")));
    EXPECT_THAT(complaints(users + "databases: {a: {upstream: {host: db, password: x}}}\n"),
                ElementsAre(HasSubstr("c.yaml:2:27: databases.a.upstream: has a password but no user")));
    EXPECT_THAT(complaints(users + "databases: {a: {upstream: {host: db, user: '', password: x}}}\n"),
                ElementsAre("c.yaml:2:44: databases.a.upstream.user: must not be empty"));
}

TEST(check, console_names_are_taken) {
    EXPECT_THAT(complaints(users + "databases: {pgweir: {upstream: host=db}, pgbouncer: {upstream: host=db}}\n"),
                ElementsAre(HasSubstr("c.yaml:2:13: databases.pgweir: this name is the console's"),
                            HasSubstr("c.yaml:2:42: databases.pgbouncer: this name is the console's")));
}

TEST(check, min_idle_is_possible) {
    EXPECT_THAT(complaints_in_database("pool: {min_idle: 20}"), IsEmpty());
    EXPECT_THAT(complaints_in_database("pool: {min_idle: 21}"),
                ElementsAre("c.yaml:3:18: databases.app.pool.min_idle: is more than pool.size, which is 20"));
    EXPECT_THAT(complaints_in_database("limits: {servers: 4}, pool: {min_idle: 5}"),
                ElementsAre("c.yaml:3:40: databases.app.pool.min_idle: is more than limits.servers, which is 4"));
    // What pool.size was meant to be is not known.
    EXPECT_THAT(complaints_in_database("pool: {size: many, min_idle: 21}"),
                ElementsAre(HasSubstr("pool.size: \"many\"")));
}

TEST(check, users_can_log_in) {
    EXPECT_THAT(complaints(databases),
                ElementsAre("c.yaml:1:1: auth.users: nobody can log in: name at least one user"));
    EXPECT_THAT(complaints("auth: {users: {a: {}, b: }}\n" + databases),
                ElementsAre("c.yaml:1:16: auth.users.a: needs password or password_file",
                            "c.yaml:1:23: auth.users.b: needs password or password_file"));
    EXPECT_THAT(complaints("auth: {users: {a: secret}}\n" + databases),
                ElementsAre(HasSubstr("auth.users.a: has to be a section")));
    EXPECT_THAT(complaints("auth: {users: {a: {password: ''}}}\n" + databases),
                ElementsAre("c.yaml:1:30: auth.users.a.password: must not be empty"));
    EXPECT_THAT(complaints("auth: {users: {a: {password: x, password_file: /none}}}\n" + databases),
                ElementsAre(HasSubstr("c.yaml:1:33: auth.users.a.password_file: is given beside password"),
                            HasSubstr("auth.users.a.password_file: \"/none\" cannot be read")));
    EXPECT_THAT(complaints("auth: {method: password}\n" + databases), ElementsAre(HasSubstr("nobody can log in")));
    // Whether a password is needed is not known.
    EXPECT_THAT(complaints("auth: {method: scrm-sha-256, users: {a: {}}}\n" + databases),
                ElementsAre(HasSubstr("did you mean")));
}

TEST(check, verifiers_fit_the_method) {
    const std::string md5 = "md5" + std::string(32, 'a');
    EXPECT_THAT(complaints("auth: {users: {a: {password: " + md5 + "}}}\n" + databases),
                ElementsAre(HasSubstr("c.yaml:1:16: auth.users.a: has an md5 verifier")));
    EXPECT_THAT(complaints("auth: {method: md5, users: {a: {password: " + md5 + "}}}\n" + databases), IsEmpty());
    EXPECT_THAT(complaints("auth: {users: {a: {password: SCRAM-SHA-256$cut}}}\n" + databases),
                ElementsAre(HasSubstr("c.yaml:1:16: auth.users.a: has a broken verifier")));
}

TEST(check, trust_needs_a_closed_door) {
    const auto with = [](const std::string& auth, const std::string& addresses) {
        return complaints("auth: {method: trust" + auth + "}\nlisten: {addresses: [" + addresses + "]}\n" + databases);
    };
    EXPECT_THAT(with("", "'127.0.0.1:1', '[::1]:1', 'localhost:2', /run/x"), IsEmpty());
    EXPECT_THAT(with("", "'127.0.0.1:1', '0.0.0.0:2'"),
                ElementsAre(HasSubstr("c.yaml:1:16: auth.method: trust would let anybody in at 0.0.0.0:2")));
    EXPECT_THAT(with("", "'[::]:2'"), ElementsAre(HasSubstr("anybody in at [::]:2")));
    EXPECT_THAT(with("", "'*:2'"), ElementsAre(HasSubstr("anybody in at *:2")));
    EXPECT_THAT(with(", allow_trust_from: [10.0.0.0/8]", "'0.0.0.0:2'"), IsEmpty());
    EXPECT_THAT(with(", allow_trust_from: []", "'0.0.0.0:2'"), ElementsAre(HasSubstr("anybody")));
    EXPECT_THAT(complaints("auth: {method: trust}\n" + databases),
                ElementsAre(HasSubstr("anybody in at 0.0.0.0:6432")));
    EXPECT_THAT(with(", users: {a: {}}", "'127.0.0.1:1'"), IsEmpty());
    // Where it was meant to listen is not known.
    EXPECT_THAT(complaints("auth: {method: trust}\nlisten: {addresses: x}\n" + databases),
                ElementsAre(HasSubstr("listen.addresses: has to be a list")));
}

TEST(check, the_http_address_is_its_own) {
    EXPECT_THAT(complaints_after_minimal("admin: {http: 'h:1'}\nlisten: {addresses: ['h:1']}\n"),
                ElementsAre("c.yaml:3:15: admin.http: h:1 is also in listen.addresses"));
    EXPECT_THAT(complaints_after_minimal("listen: {addresses: ['127.0.0.1:9127']}\n"),
                ElementsAre(HasSubstr("c.yaml:3:21: admin.http")));
}

}  // namespace
}  // namespace pgweir::config

#include "config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "config/support.hpp"

namespace pgweir::config {
namespace {

using namespace std::chrono_literals;
using test::complaints;
using test::complaints_after_minimal;
using test::complaints_in_database;
using test::complaints_without_file;
using test::minimal;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(load, the_least_that_works_gets_the_defaults) {
    const outcome loaded = load_text("c.yaml", minimal, {});
    ASSERT_TRUE(loaded.ok());
    const database& app = loaded.value.databases.at("app");
    EXPECT_EQ(app.upstream.host, "db");
    EXPECT_EQ(app.upstream.port, 5432);
    EXPECT_EQ(app.upstream.user, "app");
    EXPECT_EQ(app.upstream.password, "pw");
    EXPECT_EQ(app.pool.size, 20U);
    EXPECT_EQ(loaded.value.auth.users.at("app").secret, "pw");
    EXPECT_EQ(loaded.value.auth.method, auth::method::scram_sha_256);
    EXPECT_EQ(loaded.value.workers, 1U);
}

TEST(load, every_key_reaches_its_field) {
    const std::string text = R"(version: 1
listen: {addresses: ["127.0.0.1:7000", /run/pgweir], max_clients: 5, login_timeout: 2s}
admin: {http: off, socket: /run/x.sock, console_users: [root], stats_users: [eye, app]}
auth: {method: md5, users: {app: {password: pw}, other: {password: 010}}, allow_trust_from: [10.0.0.0/8]}
databases:
  app:
    upstream: {host: db, port: 5433, user: u, password: p, database: d, sslmode: disable}
    pool: {mode: session, size: 7, min_idle: 2, connect_burst: 3, reserve: {size: 4, after: 6s},
           queue: {max_wait: 8s, max_length: 9}}
    server: {lifetime: 10m, idle_timeout: 11m, connect_timeout: 12s, check_after: 13s, max_prepared: 14}
    limits: {servers: 15, pinned: 14, clients: 16, clients_per_user: 17, clients_per_address: 18}
    timeouts: {query: 19s, transaction: 20s, idle_in_transaction: 21s, client_idle: 22s}
  "*":
    upstream: host=other
    server: {lifetime: off}
workers: 2
shutdown: {mode: sidecar, grace: 23s}
log: {level: warning, format: json, slow_query: 24ms}
)";
    EXPECT_THAT(complaints(text), IsEmpty());
    const settings all = load_text("c.yaml", text, {}).value;
    EXPECT_THAT(all.listen.addresses, ElementsAre("127.0.0.1:7000", "/run/pgweir"));
    EXPECT_EQ(all.listen.max_clients, 5U);
    EXPECT_EQ(all.listen.login_timeout, 2s);
    EXPECT_EQ(all.admin.http, "");
    EXPECT_EQ(all.admin.socket, "/run/x.sock");
    EXPECT_THAT(all.admin.console_users, ElementsAre("root"));
    EXPECT_THAT(all.admin.stats_users, ElementsAre("eye", "app"));
    EXPECT_EQ(all.auth.method, auth::method::md5);
    EXPECT_EQ(all.auth.users.at("other").secret, "010");
    EXPECT_THAT(all.auth.allow_trust_from, ElementsAre("10.0.0.0/8"));
    EXPECT_EQ(all.workers, 2U);
    EXPECT_EQ(all.shutdown.mode, shutdown_mode::sidecar);
    EXPECT_EQ(all.shutdown.grace, 23s);
    EXPECT_EQ(all.log.level, base::log::level::warning);
    EXPECT_EQ(all.log.format, base::log::format::json);

    const database& app = all.databases.at("app");
    EXPECT_EQ(app.upstream.host, "db");
    EXPECT_EQ(app.upstream.port, 5433);
    EXPECT_EQ(app.upstream.user, "u");
    EXPECT_EQ(app.upstream.password, "p");
    EXPECT_EQ(app.upstream.database, "d");
    EXPECT_EQ(app.upstream.connect_timeout, 12s);
    EXPECT_EQ(app.pool.mode, pool::mode::session);
    EXPECT_EQ(app.pool.size, 7U);
    EXPECT_EQ(app.pool.min_idle, 2U);
    EXPECT_EQ(app.pool.connect_burst, 3U);
    EXPECT_EQ(app.pool.reserve_size, 4U);
    EXPECT_EQ(app.pool.reserve_after, 6s);
    EXPECT_EQ(app.pool.queue_max_wait, 8s);
    EXPECT_EQ(app.pool.queue_max_length, 9U);
    EXPECT_EQ(app.pool.server_lifetime, 10min);
    EXPECT_EQ(app.pool.server_idle_timeout, 11min);
    EXPECT_EQ(app.pool.server_check_after, 13s);
    EXPECT_EQ(app.pool.max_servers, 15U);
    EXPECT_EQ(app.pool.max_pinned, 14U);
    EXPECT_EQ(app.session.max_prepared, 14U);
    EXPECT_EQ(app.session.max_clients, 16U);
    EXPECT_EQ(app.session.max_clients_per_user, 17U);
    EXPECT_EQ(app.session.max_clients_per_address, 18U);
    EXPECT_EQ(app.session.query_timeout, 19s);
    EXPECT_EQ(app.session.transaction_timeout, 20s);
    EXPECT_EQ(app.session.idle_in_transaction_timeout, 21s);
    EXPECT_EQ(app.session.client_idle_timeout, 22s);
    EXPECT_EQ(app.session.slow_query, 24ms);

    const database& rest = all.databases.at("*");
    EXPECT_EQ(rest.upstream.host, "other");
    EXPECT_FALSE(rest.upstream.forces_user());
    EXPECT_EQ(rest.pool.server_lifetime, base::off);
    EXPECT_EQ(rest.session.slow_query, 24ms);
}

TEST(load, unknown_keys_with_suggestions) {
    EXPECT_THAT(complaints_in_database("pool: {sise: 5}"),
                ElementsAre("c.yaml:3:8: databases.app.pool.sise: unknown key, did you mean 'size'?"));
    EXPECT_THAT(complaints_after_minimal("lisen: {}\n"),
                ElementsAre("c.yaml:3:1: lisen: unknown key, did you mean 'listen'?"));
    EXPECT_THAT(complaints_in_database("max_wait: 5s"),
                ElementsAre("c.yaml:3:1: databases.app.max_wait: unknown key, did you mean "
                            "databases.<name>.pool.queue.max_wait?"));
    EXPECT_THAT(complaints_after_minimal("quux: 1\n"), ElementsAre("c.yaml:3:1: quux: unknown key"));
    EXPECT_THAT(complaints_in_database("'pool.size': 5"),
                ElementsAre(StartsWith("c.yaml:3:1: databases.app.\"pool.size\": unknown key")));
    EXPECT_THAT(complaints_in_database("'<name>': 5"),
                ElementsAre(StartsWith("c.yaml:3:1: databases.app.\"<name>\": unknown key")));
}

TEST(load, promises_of_the_cache_that_are_not_kept) {
    for (const char* key : {"consistency: database", "rules: [{name: all, consistency: database}]"})
        EXPECT_THAT(complaints_after_minimal("cache: {" + std::string(key) + "}\n"),
                    ElementsAre(HasSubstr("not available in this version")))
            << key;
}

TEST(load, shares) {
    EXPECT_THAT(complaints_after_minimal("cache: {audit: 1/1000}\n"), IsEmpty());
    EXPECT_THAT(complaints_after_minimal("cache: {audit: off}\n"), IsEmpty());
    for (const char* none : {"1000", "0.001", "2/1000", "1/", "1/0", "1/1000000001", "1/1/2", "0"})
        EXPECT_THAT(complaints_after_minimal("cache: {audit: " + std::string(none) + "}\n"),
                    ElementsAre(HasSubstr("cache.audit: ")))
            << none;
}

TEST(load, keys_of_later_versions) {
    EXPECT_THAT(complaints_after_minimal("listen:\n  tls: {mode: prefer}\n"),
                ElementsAre("c.yaml:4:3: listen.tls: not available in this version (TLS for clients)"));
    EXPECT_THAT(complaints_in_database("cache: {}"),
                ElementsAre(HasSubstr("c.yaml:3:1: databases.app.cache: not available")));
    EXPECT_THAT(
        complaints("auth: {query: {sql: x}, users_file: /u, users: {app: {password: pw}}}\n"
                   "databases: {app: {upstream: host=db}}\n"),
        ElementsAre("c.yaml:1:8: auth.query: not available in this version (secrets read from the database)",
                    "c.yaml:1:25: auth.users_file: not available in this version (users in a file of their own)"));
    EXPECT_THAT(
        complaints("auth: {method: cert, users: {app: {password: pw}}}\ndatabases: {app: {upstream: host=db}}\n"),
        ElementsAre("c.yaml:1:16: auth.method: \"cert\" is not available in this version; one of trust, password, "
                    "md5, scram-sha-256"));
    EXPECT_THAT(complaints_in_database("limits: {}"), IsEmpty());
}

TEST(load, values_of_the_wrong_kind) {
    EXPECT_THAT(complaints_after_minimal("workers: 1.5\n"),
                ElementsAre("c.yaml:3:10: workers: \"1.5\" is not a whole number: write decimal digits only, as 20"));
    EXPECT_THAT(complaints_after_minimal("workers: 010\n"),
                ElementsAre(HasSubstr("c.yaml:3:10: workers: \"010\" begins with 0")));
    EXPECT_THAT(complaints_after_minimal("workers: [1]\n"),
                ElementsAre("c.yaml:3:10: workers: has to be a single value"));
    EXPECT_THAT(complaints_after_minimal("workers:\n"), ElementsAre("c.yaml:3:1: workers: needs a value"));
    EXPECT_THAT(complaints_after_minimal("listen: 5\n"),
                ElementsAre("c.yaml:3:9: listen: has to be a section with keys of its own"));
    EXPECT_THAT(complaints_after_minimal("listen: [5]\n"), ElementsAre(HasSubstr("listen: has to be a section")));
    EXPECT_THAT(complaints_after_minimal("admin: {console_users: app}\n"),
                ElementsAre("c.yaml:3:24: admin.console_users: has to be a list, as [one, two]"));
    EXPECT_THAT(complaints_after_minimal("admin: {console_users: [app, [x], '']}\n"),
                ElementsAre("c.yaml:3:30: admin.console_users: each entry of the list has to be text",
                            "c.yaml:3:35: admin.console_users: must not be empty"));
    EXPECT_THAT(complaints_after_minimal("log: {level: loud}\n"),
                ElementsAre("c.yaml:3:14: log.level: \"loud\" is not one of debug, info, warning, error"));
    EXPECT_THAT(complaints_after_minimal("log: {level: warn}\n"), ElementsAre(HasSubstr("did you mean 'warning'?")));
    EXPECT_THAT(complaints_after_minimal("log: {level: off}\n"), ElementsAre(HasSubstr("is not one of")));
}

TEST(load, durations) {
    EXPECT_THAT(
        complaints_in_database("server: {lifetime: 30}"),
        ElementsAre("c.yaml:3:20: databases.app.server.lifetime: \"30\" has no unit: write it with a unit, as 250ms, "
                    "5s or 1h30m"));
    EXPECT_THAT(complaints_in_database("timeouts: {query: 0s}"),
                ElementsAre("c.yaml:3:19: databases.app.timeouts.query: must not be zero: write off to switch it off"));
    EXPECT_THAT(complaints_in_database("server: {connect_timeout: 0s}"),
                ElementsAre("c.yaml:3:27: databases.app.server.connect_timeout: has to be from 1ms to 1h"));
    EXPECT_THAT(
        complaints_in_database("server: {connect_timeout: off}"),
        ElementsAre(
            "c.yaml:3:27: databases.app.server.connect_timeout: cannot be switched off; has to be from 1ms to 1h"));
    EXPECT_THAT(complaints_in_database("timeouts: {query: 366d}"),
                ElementsAre(HasSubstr("has to be from 1ms to 365d, or off")));
    EXPECT_THAT(complaints_in_database("timeouts: {query: no}"), ElementsAre(HasSubstr("\"no\" is not a duration")));
}

TEST(load, ranges) {
    EXPECT_THAT(complaints_in_database("pool: {size: 0}"),
                ElementsAre("c.yaml:3:14: databases.app.pool.size: has to be from 1 to 10000"));
    EXPECT_THAT(complaints_in_database("pool: {size: 10001}"), ElementsAre(HasSubstr("has to be from 1 to 10000")));
    EXPECT_THAT(complaints_in_database("pool: {size: off}"), ElementsAre(HasSubstr("cannot be switched off")));
    EXPECT_THAT(complaints_in_database("limits: {clients: 0}"),
                ElementsAre(HasSubstr("has to be from 1 to 1000000, or off")));
    EXPECT_THAT(complaints_after_minimal("workers: 65\n"), ElementsAre("c.yaml:3:10: workers: has to be from 1 to 64"));
    EXPECT_THAT(complaints_after_minimal("version: 2\n"), ElementsAre("c.yaml:3:10: version: has to be 1"));
    EXPECT_THAT(complaints_after_minimal("version: 1\n"), IsEmpty());
}

TEST(load, addresses_and_networks) {
    EXPECT_THAT(complaints_after_minimal("listen:\n  addresses: ['127.0.0.1:1', '127.0.0.1', 'h:0']\n"),
                ElementsAre(HasSubstr("c.yaml:4:30: listen.addresses: \"127.0.0.1\" has no port"),
                            HasSubstr("c.yaml:4:43: listen.addresses: \"h:0\": the port is not")));
    EXPECT_THAT(complaints_after_minimal("listen: {addresses: []}\n"),
                ElementsAre(HasSubstr("needs at least one address")));
    EXPECT_THAT(complaints_after_minimal("listen: {addresses: ['h:1', 'h:1']}\n"),
                ElementsAre(HasSubstr("given twice")));
    EXPECT_THAT(complaints_after_minimal("admin: {http: /run/x}\n"),
                ElementsAre(HasSubstr("c.yaml:3:15: admin.http: ")));
    EXPECT_THAT(
        complaints_after_minimal("admin: {socket: x.sock}\n"),
        ElementsAre("c.yaml:3:17: admin.socket: \"x.sock\" is not an absolute path, as /run/pgweir/admin.sock"));
    EXPECT_THAT(complaints_after_minimal("admin: {socket: off}\n"), IsEmpty());
    EXPECT_THAT(complaints("auth: {allow_trust_from: [10.0.0.1], users: {app: {password: pw}}}\n"
                           "databases: {app: {upstream: host=db}}\n"),
                ElementsAre(HasSubstr("c.yaml:1:27: auth.allow_trust_from: \"10.0.0.1\" has no prefix length")));
}

TEST(load, upstream) {
    EXPECT_THAT(complaints("auth: {users: {app: {password: pw}}}\n"
                           "databases:\n  app:\n    upstream: postgres://app:pw@db/app?sslmode=require&colour=red\n"),
                ElementsAre("c.yaml:4:15: databases.app.upstream: has the unknown keyword \"colour\""));
    EXPECT_THAT(
        complaints("auth: {users: {app: {password: pw}}}\n"
                   "databases:\n  app:\n    upstream: {host: 'a,b', port: 0, sslmode: verify-full, hots: x}\n"),
        ElementsAre("c.yaml:4:22: databases.app.upstream.host: names several hosts, which is not available in this "
                    "version: name one",
                    "c.yaml:4:35: databases.app.upstream.port: has to be from 1 to 65535",
                    "c.yaml:4:47: databases.app.upstream.sslmode: \"verify-full\" is not available in this version; "
                    "one of disable, allow, prefer",
                    "c.yaml:4:60: databases.app.upstream.hots: unknown key, did you mean 'host'?"));
}

TEST(load, secrets_from_files) {
    const test::temporary_folder folder;
    folder.write("app_password", "from file\n");
    const std::string text =
        "auth: {users: {app: {password_file: app_password}}}\n"
        "databases: {app: {upstream: {host: db, user: app, password_file: app_password}}}\n";
    const outcome loaded = load({folder.write("c.yaml", text), {}, {}});
    ASSERT_TRUE(loaded.ok()) << to_string(loaded.problems.front());
    EXPECT_EQ(loaded.value.auth.users.at("app").secret, "from file");
    EXPECT_EQ(loaded.value.databases.at("app").upstream.password, "from file");

    const std::string missing =
        "auth: {users: {app: {password_file: /none/such}}}\ndatabases: {app: {upstream: host=db}}\n";
    EXPECT_THAT(complaints(missing),
                ElementsAre("c.yaml:1:37: auth.users.app.password_file: \"/none/such\" cannot be read: "
                            "No such file or directory"));
}

TEST(load, variables) {
    const source from{"", {}, {{"PW", "p@ss: {w}"}, {"SIZE", "7"}}};
    const std::string text =
        "auth: {users: {app: {password: '${PW}'}}}\n"
        "databases: {app: {upstream: {host: '${HOST:-db}', user: app, password: '${PW}$$'}, pool: {size: "
        "'${SIZE}'}}}\n";
    const outcome loaded = load_text("c.yaml", text, from);
    ASSERT_TRUE(loaded.ok()) << to_string(loaded.problems.front());
    EXPECT_EQ(loaded.value.auth.users.at("app").secret, "p@ss: {w}");
    EXPECT_EQ(loaded.value.databases.at("app").upstream.password, "p@ss: {w}$");
    EXPECT_EQ(loaded.value.databases.at("app").upstream.host, "db");
    EXPECT_EQ(loaded.value.databases.at("app").pool.size, 7U);

    EXPECT_THAT(
        complaints("auth: {users: {app: {password: '${NONE}'}}}\ndatabases: {app: {upstream: 'host=${NONE}'}}\n"),
        ElementsAre("c.yaml:1:32: auth.users.app.password: the environment variable NONE is not set; ${NONE:-...} "
                    "would give it a default",
                    "c.yaml:2:29: databases.app.upstream: the environment variable NONE is not set; ${NONE:-...} "
                    "would give it a default"));
    EXPECT_THAT(complaints("auth: {users: {'${PW}': {password: x}}}\ndatabases: {app: {upstream: host=db}}\n", from),
                ElementsAre("c.yaml:1:16: auth.users.\"${PW}\": variables are replaced in values, not in names"));
}

TEST(load, names) {
    const std::string longest(63, 'n');
    EXPECT_THAT(complaints_after_minimal("admin: {stats_users: [" + longest + "]}\n"), IsEmpty());
    EXPECT_THAT(complaints_after_minimal("admin: {stats_users: [" + longest + "n]}\n"),
                ElementsAre(HasSubstr("longer than 63")));
    EXPECT_THAT(
        complaints("auth: {users: {app: {password: pw}}}\ndatabases: {'': {upstream: host=db}, " + longest +
                   "n: {upstream: host=db}, \"a\\tb\": {upstream: host=db}}\n"),
        ElementsAre(HasSubstr("must not be empty"), HasSubstr("longer than 63"), HasSubstr("control character")));
}

TEST(load, all_problems_in_one_run_from_top_to_bottom) {
    const source from{"", {"workers=0"}, {{"PGWEIR__LOG__LEVEL", "loud"}}};
    EXPECT_THAT(
        complaints("log: {format: xml}\n"
                   "listen: {max_clients: many, max_clients: 5}\n"
                   "databases:\n"
                   "  app: {pool: {size: 5, min_idle: 6}}\n"
                   "auth: {users: {app: {}}, colour: red}\n",
                   from),
        ElementsAre("c.yaml:1:15: log.format: \"xml\" is not one of text, json",
                    "c.yaml:2:23: listen.max_clients: \"many\" is not a whole number: write decimal digits only, as 20",
                    "c.yaml:2:29: listen.max_clients: duplicate key, first given in line 2",
                    "c.yaml:4:3: databases.app: needs upstream, the server to connect to",
                    "c.yaml:4:35: databases.app.pool.min_idle: is more than pool.size, which is 5",
                    "c.yaml:5:16: auth.users.app: needs password or password_file",
                    "c.yaml:5:26: auth.colour: unknown key",
                    "PGWEIR__LOG__LEVEL: log.level: \"loud\" is not one of debug, info, warning, error",
                    "--set: workers: has to be from 1 to 64"));
}

TEST(load, a_file_that_cannot_be_read) {
    EXPECT_THAT(complaints_without_file({"/none/such.yaml", {}, {}}),
                ElementsAre("\"/none/such.yaml\" cannot be read: No such file or directory"));
    EXPECT_THAT(complaints_without_file({"/tmp", {}, {}}), ElementsAre(HasSubstr("not a regular file")));
    const test::temporary_folder folder;
    EXPECT_THAT(complaints_without_file({folder.write("big.yaml", std::string((4U << 20U) + 1, '#')), {}, {}}),
                ElementsAre(HasSubstr("longer than 4194304 bytes")));
}

TEST(load, syntax_errors_stand_alone) {
    EXPECT_THAT(complaints("a: [1\nb: 2\n", {"", {"workers=0"}, {}}), ElementsAre(StartsWith("c.yaml:")));
}

TEST(load, quoted_texts_are_shown_safely_in_messages) {
    EXPECT_THAT(complaints_after_minimal("workers: \"a\\x1b[31m\\n\"\n"), ElementsAre(HasSubstr("\"a?[31m?\" is not")));
    EXPECT_THAT(complaints_after_minimal("workers: " + std::string(5000, 'x') + "\n"),
                ElementsAre(testing::SizeIs(testing::Le(200))));
}

}  // namespace
}  // namespace pgweir::config

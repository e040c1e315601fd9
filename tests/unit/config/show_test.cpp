#include "config/show.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.hpp"
#include "config/support.hpp"

namespace pgweir::config {
namespace {

using testing::HasSubstr;
using testing::Not;

settings loaded(const std::string& text) {
    const outcome out = load_text("c.yaml", text, {});
    for (const problem& each : out.problems) ADD_FAILURE() << to_string(each);
    return out.value;
}

TEST(show, has_every_value) {
    const std::string shown =
        show(loaded(test::minimal + "admin: {http: off}\nworkers: 3\nlog: {slow_query: 1500ms}\n"));
    EXPECT_EQ(shown, R"(version: 1
listen:
  addresses: ["0.0.0.0:6432"]
  max_clients: 10000
  login_timeout: 15s
admin:
  http: off
  socket: off
  console_users: []
  stats_users: []
auth:
  method: scram-sha-256
  users:
    app:
      password: "****"
  allow_trust_from: []
databases:
  app:
    upstream:
      host: "db"
      port: 5432
      user: "app"
      password: "****"
      database: "app"
    pool:
      mode: transaction
      size: 20
      min_idle: 0
      connect_burst: 4
      reserve:
        size: 0
        after: 5s
      queue:
        max_wait: 30s
        max_length: 10000
    server:
      lifetime: 1h
      idle_timeout: 10m
      connect_timeout: 5s
      check_after: 30s
      max_prepared: 200
    limits:
      servers: off
      pinned: off
      clients: off
      clients_per_user: off
      clients_per_address: off
    timeouts:
      query: off
      transaction: off
      idle_in_transaction: off
      client_idle: off
cache:
  mode: off
  ttl: 1m
  consistency: fleet
  largest_reply: 1MiB
  wait: 5s
  hints: narrow
  audit: off
  memory:
    size: 64MiB
    max_age: off
  redis:
    timeout: 50ms
  rules: {}
workers: 3
shutdown:
  mode: service
  grace: 30s
log:
  level: info
  format: text
  slow_query: 1s500ms
)");
}

TEST(show, never_has_a_secret) {
    const std::string shown =
        show(loaded("auth: {users: {a: {password: sEcReT1}, b: {password: 'sEcReT2'}}}\n"
                    "databases: {x: {upstream: 'postgres://u:sEcReT3@db/x'}, y: {upstream: {host: h, user: u, "
                    "password: sEcReT4}}}\n"));
    EXPECT_THAT(shown, Not(HasSubstr("sEcReT")));
    EXPECT_THAT(shown, HasSubstr("\"****\""));
}

TEST(show, is_read_back_as_the_same) {
    for (const std::string& text :
         {test::minimal,
          std::string(
              "auth: {method: trust, users: {'null': {}, 'a.b': {password: x}, \"q\\\"$$\\\\\": {password: x}}}\n"
              "listen: {addresses: [/run/x]}\n"
              "databases: {'*': {upstream: {host: /run/pg, database: 'a$$b\"${'}}, \"\\xe9\": {upstream: "
              "host=db}}\n")}) {
        // The text between $$ and { is not a variable.
        std::string escaped = text;
        if (const auto at = escaped.find("\"${'"); at != std::string::npos) escaped.replace(at, 4, "\"$${'");
        const std::string shown = show(loaded(escaped));
        EXPECT_EQ(show(loaded(shown)), shown);
    }
}

TEST(show, works_on_settings_that_are_not_loaded) {
    EXPECT_THAT(show(settings{}), HasSubstr("databases: {}\n"));
    EXPECT_THAT(show(settings{}), HasSubstr("  users: {}\n"));
}

}  // namespace
}  // namespace pgweir::config

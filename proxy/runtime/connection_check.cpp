#include "runtime/connection_check.hpp"

#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include "base/interner.hpp"
#include "net/deadlines.hpp"
#include "net/random.hpp"
#include "net/reactor.hpp"
#include "net/resolver.hpp"
#include "redis/connect_attempt.hpp"
#include "redis/url.hpp"
#include "upstream/connector.hpp"

namespace pgweir::runtime {

namespace {

using kind = connection_finding::kind;

/// A loop of its own, which turns until something was found.
class attempts {
public:
    connection_finding to_database(const std::string& name, const config::database& where,
                                   const auth::settings& users) {
        connection_finding found{"databases." + name + ".upstream", kind::not_tried, {}};
        const auto credentials = credentials_of(where.upstream, users);
        if (!credentials) {
            found.message = "its clients log in as themselves, and no password of one is known here";
            return found;
        }
        upstream::opening_request request;
        request.credentials = *credentials;
        request.database = where.upstream.database.empty() ? name : where.upstream.database;
        if (request.database == "*") request.database = credentials->user;
        connector_.open(where.upstream, std::move(request),
                        [&](upstream::open_result result) { found_ = say(found, std::move(result), *credentials); });
        return turn_until_found();
    }

    connection_finding to_redis(const cache::redis_settings& how) {
        redis::settings settings;
        settings.where = redis::parse_url(how.url).value();
        settings.timeout = how.timeout;
        redis::connect_attempt attempt(reactor_, deadlines_, settings, [&](redis::connect_attempt::outcome result) {
            found_ = say(std::move(result));
        });
        attempt.begin(names_);
        return turn_until_found();
    }

private:
    static std::optional<auth::credentials> credentials_of(const upstream::settings& where,
                                                           const auth::settings& users) {
        auth::credentials with;
        with.user = where.user;
        with.password = where.password;
        if (where.forces_user()) return with;
        for (const auto& [name, user] : users.users) {
            if (user.secret.empty() || user.secret.starts_with("SCRAM-SHA-256$") || user.secret.starts_with("md5"))
                continue;
            with.user = name;
            with.password = user.secret;
            return with;
        }
        return std::nullopt;
    }

    static connection_finding say(connection_finding found, upstream::open_result result, const auth::credentials& as) {
        if (const auto* failed = std::get_if<upstream::opening_failure>(&result)) {
            found.how = kind::failed;
            found.message = failed->why();
            return found;
        }
        const auto& made = std::get<upstream::opened>(result);
        found.how = kind::connected;
        found.message = "PostgreSQL " + std::string(made.state.report_of("server_version")) + " at " +
                        made.address.to_string() + ", as " + as.user;
        return found;
    }

    static connection_finding say(redis::connect_attempt::outcome result) {
        connection_finding found{"cache.redis.url", kind::failed, {}};
        if (const auto* failed = std::get_if<redis::connect_failure>(&result)) {
            found.message = failed->why.to_string();
            if (!failed->address.empty()) found.message = failed->address + ": " + found.message;
            return found;
        }
        const auto& made = std::get<redis::connected>(result);
        found.how = kind::connected;
        found.message = "Redis " + made.machine->server().version + " at " + made.address.to_string();
        return found;
    }

    connection_finding turn_until_found() {
        while (!found_) reactor_.run_once(std::chrono::milliseconds(100));
        return *std::exchange(found_, std::nullopt);
    }

    net::reactor reactor_;
    net::deadline_queue deadlines_{reactor_};
    net::random_source random_;
    net::resolver names_{reactor_};
    base::interner texts_;
    upstream::connector connector_{reactor_, deadlines_, random_, texts_};
    std::optional<connection_finding> found_;
};

}  // namespace

std::vector<connection_finding> try_connections(const config::settings& configured) {
    attempts all;
    std::vector<connection_finding> findings;
    for (const auto& [name, where] : configured.databases)
        findings.push_back(all.to_database(name, where, configured.auth));
    if (configured.cache.is_shared()) findings.push_back(all.to_redis(configured.cache.redis));
    return findings;
}

}  // namespace pgweir::runtime

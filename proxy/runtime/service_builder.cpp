#include "runtime/service_builder.hpp"

#include <array>

#include "auth/scram.hpp"
#include "net/random.hpp"

namespace pgweir::runtime {

namespace {

auth::secret prepared(const auth::user& user, net::random_source& random) {
    auth::secret parsed = auth::secret::parse(user.secret);
    if (parsed.kind() != auth::secret::kind_type::clear) return parsed;
    std::array<char, 16> salt{};
    random.fill(salt);
    return parsed.with_verifier(auth::make_verifier(parsed.clear_password(), {salt.data(), salt.size()}));
}

}  // namespace

std::shared_ptr<const relay::service_settings> build_service(const config::settings& configured) {
    auto built = std::make_shared<relay::service_settings>();
    net::random_source random;
    for (const auto& [name, database] : configured.databases) {
        auto& known = built->databases[name] = {database.upstream, database.pool, database.session};
        known.session.setup_timeout = database.upstream.connect_timeout;
    }
    built->method = configured.auth.method;
    for (const auto& [name, user] : configured.auth.users) {
        if (!user.secret.empty()) built->secrets.emplace(name, prepared(user, random));
    }
    for (const auto& network : configured.auth.allow_trust_from) static_cast<void>(built->trusted.add(network));
    built->console_users = configured.admin.console_users;
    built->stats_users = configured.admin.stats_users;
    built->max_clients = configured.listen.max_clients;
    built->login_timeout = configured.listen.login_timeout;
    built->mock_key.resize(32);
    random.fill(built->mock_key);
    return built;
}

}  // namespace pgweir::runtime

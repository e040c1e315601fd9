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

/// Null when the user is new or has another password.
const auth::secret* unchanged(const std::string& name, const auth::user& user, const config::settings& before,
                              const relay::service_settings& built_before) {
    const auto found = before.auth.users.find(name);
    return found != before.auth.users.end() && found->second.secret == user.secret ? built_before.secret_of(name)
                                                                                   : nullptr;
}

std::shared_ptr<relay::service_settings> build_all_but_secrets(const config::settings& configured) {
    auto built = std::make_shared<relay::service_settings>();
    for (const auto& [name, database] : configured.databases) {
        auto& known = built->databases[name] = {database.upstream, database.pool, database.session, configured.cache};
        known.session.setup_timeout = database.upstream.connect_timeout;
    }
    built->cache = configured.cache;
    built->method = configured.auth.method;
    for (const auto& network : configured.auth.allow_trust_from) static_cast<void>(built->trusted.add(network));
    built->console_users = configured.admin.console_users;
    built->stats_users = configured.admin.stats_users;
    built->max_clients = configured.listen.max_clients;
    built->login_timeout = configured.listen.login_timeout;
    return built;
}

}  // namespace

std::shared_ptr<const relay::service_settings> build_service(const config::settings& configured) {
    auto built = build_all_but_secrets(configured);
    net::random_source random;
    for (const auto& [name, user] : configured.auth.users)
        if (!user.secret.empty()) built->secrets.emplace(name, prepared(user, random));
    built->mock_key.resize(32);
    random.fill(built->mock_key);
    return built;
}

std::shared_ptr<const relay::service_settings> rebuild_service(const config::settings& configured,
                                                               const config::settings& before,
                                                               const relay::service_settings& built_before) {
    auto built = build_all_but_secrets(configured);
    net::random_source random;
    for (const auto& [name, user] : configured.auth.users) {
        if (user.secret.empty()) continue;
        const auth::secret* kept = unchanged(name, user, before, built_before);
        built->secrets.emplace(name, kept != nullptr ? *kept : prepared(user, random));
    }
    built->mock_key = built_before.mock_key;
    return built;
}

}  // namespace pgweir::runtime

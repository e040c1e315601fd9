#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/address_rules.hpp"
#include "auth/secret.hpp"
#include "auth/server_login.hpp"
#include "auth/settings.hpp"
#include "base/time.hpp"
#include "cache/settings.hpp"
#include "pool/settings.hpp"
#include "relay/virtual_database.hpp"
#include "session/settings.hpp"
#include "upstream/settings.hpp"

namespace pgweir::relay {

struct database_settings {
    upstream::settings upstream;
    pool::settings pool;
    session::settings session;
    cache::settings cache;

    /// What servers are logged in to with, if the upstream names a user.
    auth::credentials upstream_credentials() const {
        auth::credentials own;
        own.user = upstream.user;
        own.password = upstream.password;
        return own;
    }
};

/// What all workers serve by. Never changed once it is shared; a reload makes another.
struct service_settings {
    cache::settings cache;  ///< as at the start: a reload does not change it
    std::map<std::string, database_settings> databases;  ///< "*" serves every name that is not listed
    auth::method method = auth::method::scram_sha_256;
    std::map<std::string, auth::secret> secrets;  ///< by user; SCRAM verifiers worked out beforehand
    auth::address_rules trusted;                  ///< networks from which `trust` is accepted, beside this machine
    std::vector<std::string> console_users;
    std::vector<std::string> stats_users;
    std::uint32_t max_clients = 10000;
    base::duration login_timeout = base::off;
    std::string mock_key;  ///< random, for the salts of users that do not exist

    /// nullptr when no database serves this name.
    const database_settings* find(const std::string& name) const {
        auto found = databases.find(name);
        if (found == databases.end()) found = databases.find("*");
        return found == databases.end() ? nullptr : &found->second;
    }

    /// The one that stands for the whole server when a client names none that is served; nullptr when there are several.
    const std::pair<const std::string, database_settings>* only() const {
        return databases.size() == 1 ? &*databases.begin() : nullptr;
    }

    /// Who stands in both lists may change.
    console_access access_to_console(const std::string& user) const {
        const auto has = [&user](const std::vector<std::string>& users) {
            return std::find(users.begin(), users.end(), user) != users.end();
        };
        if (has(console_users)) return console_access::change;
        return has(stats_users) ? console_access::look : console_access::none;
    }
    bool admits_to_console(const std::string& user) const { return access_to_console(user) != console_access::none; }

    /// nullptr for a user that is not known here.
    const auth::secret* secret_of(const std::string& user) const {
        const auto found = secrets.find(user);
        return found == secrets.end() ? nullptr : &found->second;
    }
};

/// nullptr when no database serves this name. What is returned keeps all of `from` alive.
inline std::shared_ptr<const database_settings> find_database(const std::shared_ptr<const service_settings>& from,
                                                              const std::string& name) {
    const database_settings* found = from->find(name);
    return found == nullptr ? nullptr : std::shared_ptr<const database_settings>(from, found);
}

}  // namespace pgweir::relay

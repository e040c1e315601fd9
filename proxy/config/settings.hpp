#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "auth/settings.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "cache/settings.hpp"
#include "net/settings.hpp"
#include "pool/settings.hpp"
#include "session/settings.hpp"
#include "upstream/settings.hpp"

namespace pgweir::config {

struct database {
    upstream::settings upstream;
    pool::settings pool;
    session::settings session;
};

struct admin {
    std::string http = "127.0.0.1:9127";  ///< empty: no HTTP endpoint
    std::string socket;                    ///< path of the console's own unix socket; empty: none
    std::vector<std::string> console_users;
    std::vector<std::string> stats_users;  ///< may look, may not change
};

enum class shutdown_mode { service, sidecar };

struct shutdown {
    shutdown_mode mode = shutdown_mode::service;
    base::duration grace = std::chrono::seconds(30);
};

struct log {
    base::log::level level = base::log::level::info;
    base::log::format format = base::log::format::text;
};

/// Everything a running pgweir was told, checked and complete. Gathers the modules' own settings.
struct settings {
    net::listen_settings listen;
    config::admin admin;
    auth::settings auth;
    /// By the name that clients ask for; "*" serves every name that is not listed.
    std::map<std::string, database> databases;
    cache::settings cache;
    std::uint32_t workers = 1;  ///< 1 to 64
    config::shutdown shutdown;
    config::log log;
};

}  // namespace pgweir::config

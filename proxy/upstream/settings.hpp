#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/time.hpp"

namespace pgweir::upstream {

/// Where a database's server connections go. Made from a connection URL or keyword string by libpq's own parser.
struct settings {
    std::string host = "localhost";  ///< a name, a numeric address, or the directory of a unix socket
    std::uint16_t port = 5432;
    std::string database;  ///< empty: the name the client asked for
    std::string user;      ///< empty: every client's own name is used at the server; else all work as this one
    std::string password;  ///< for `user`; without `user` the clients' own secrets are used. Never shown.
    base::duration connect_timeout = std::chrono::seconds(5);  ///< TCP, login and baseline together

    bool forces_user() const noexcept { return !user.empty(); }

    /// Whether connections made by one are as good as those made by the other.
    bool leads_to_same(const settings& other) const noexcept {
        return host == other.host && port == other.port && database == other.database && user == other.user &&
               password == other.password;
    }
};

}  // namespace pgweir::upstream

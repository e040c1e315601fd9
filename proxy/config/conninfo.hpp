#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/values.hpp"

namespace pgweir::config {

/// What a connection URL or keyword string says about one server. What it leaves out is empty.
struct conninfo {
    std::string host;
    std::uint16_t port = 0;  ///< 0: left out
    std::string database;
    std::string user;
    std::string password;

    bool operator==(const conninfo&) const = default;
};

/// Reads `postgres://user:password@host:port/database?sslmode=prefer` or `host=... user=...` with libpq's own parser.
/// Either the conninfo, or everything that is wrong with it. No complaint repeats a piece of the text other than the
/// name of a keyword: it may be the password.
struct conninfo_result {
    conninfo value;
    std::vector<std::string> complaints;
};
conninfo_result parse_conninfo(const std::string& text);

}  // namespace pgweir::config

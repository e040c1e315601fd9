#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace pgweir::redis {

/// Where the shared store is, and as whom.
struct url {
    std::string host = "localhost";  ///< a name or a numeric address; without meaning when there is a path
    std::uint16_t port = 6379;
    std::string path{};  ///< of a unix socket, absolute; empty for TCP
    std::string user{};  ///< empty: Redis's default user. As secret as the password, which may stand here by mistake.
    std::string password{};
    std::uint32_t database = 0;

    bool has_credentials() const noexcept { return !user.empty() || !password.empty(); }

    /// Without user and password: `redis://db:6379/0`, `redis://[::1]:6379/0`, `unix:///run/redis.sock?db=0`.
    std::string to_string() const;

    bool operator==(const url&) const = default;
};

/// `redis://[user[:password]@]host[:port][/db]` or `unix://[user[:password]@]/path[?db=n]`. User, password and path may
/// have %xx. Empty credentials (`redis://:@host`) are none, so that an environment without a password works. An
/// error_code of this module; its sentence has nothing of the text in it.
base::result<url> parse_url(std::string_view text);

}  // namespace pgweir::redis

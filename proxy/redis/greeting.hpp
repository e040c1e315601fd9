#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "redis/identity.hpp"
#include "redis/reply.hpp"
#include "redis/url.hpp"

namespace pgweir::redis {

/// Why a connection is not to be used.
struct refusal {
    std::error_code code;
    std::string kind{};  ///< the first word of the server's error reply, if it was one

    /// For a log.
    std::string to_string() const;
};

/// What is said first on a connection: who we are, and which server that is. Everything leaves at once and costs one
/// round trip; at the first reply that does not fit the rest is not looked at. Knows no socket.
class greeting {
public:
    /// Appends what has to be sent. Once.
    void write(const url& where, std::string& out);

    enum class verdict : std::uint8_t { more, accepted, refused };
    verdict take(const reply& next);

    /// After `accepted`.
    const server_identity& server() const noexcept { return server_; }
    /// After `refused`.
    const refusal& why() const noexcept { return why_; }

private:
    enum class step : std::uint8_t { authenticate, select, set_name, info_server, info_memory, info_replication, ping };

    verdict take_error(step at, std::string_view text);
    verdict refuse(std::error_code code, std::string_view kind = {});
    verdict judge_server();

    std::vector<step> steps_;
    std::size_t position_ = 0;
    server_identity server_;
    refusal why_;
};

}  // namespace pgweir::redis

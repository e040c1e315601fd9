#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/server_login.hpp"
#include "base/bytes.hpp"
#include "base/interner.hpp"
#include "pool/server_pool.hpp"
#include "session/outcome.hpp"
#include "session/server_state.hpp"

namespace pgweir::upstream {

/// What a server connection is opened with.
struct opening_request {
    std::string database;
    auth::credentials credentials;
    /// Beside user and database: only for connections outside the pools.
    std::vector<std::pair<std::string, std::string>> parameters;
    bool read_baseline = true;
};

struct opening_failure {
    pool::connect_failure kind = pool::connect_failure::unreachable;
    session::failure words;  ///< the server's own, where it said any

    /// For a person who may know all of it.
    const std::string& why() const noexcept { return words.message.empty() ? words.detail : words.message; }
};

/// From a fresh connection to a session that can be lent: startup packet, authentication, ParameterStatus, key, and
/// the baseline that ParameterStatus does not tell. Knows no socket.
class opening {
public:
    /// `nonce`: 18 random bytes. `cache` may be null. `texts` outlives the state that comes of this.
    opening(opening_request request, base::bytes_view nonce, auth::scram_cache* cache, base::interner& texts);

    enum class step : std::uint8_t {
        wait,  ///< send what was put into `out`, then more must come
        done,
        failed,
    };
    void start(std::string& out);
    step receive(base::bytes_view input, std::size_t& consumed, std::string& out);

    /// After done, once.
    session::server_state take_state();
    const opening_failure& failure() const noexcept { return failure_; }

private:
    enum class phase : std::uint8_t { authenticating, starting, baseline };

    step take(char tag, base::bytes_view body, std::string& out);
    void take_baseline(const std::vector<std::optional<std::string_view>>& values);
    step take_authentication(base::bytes_view body, std::string& out);
    step take_ready(std::string& out);
    step take_error(base::bytes_view body);
    step fail(pool::connect_failure kind, std::string message);

    opening_request request_;
    auth::server_login login_;
    base::interner* texts_;
    session::server_state state_;
    opening_failure failure_;
    phase phase_ = phase::authenticating;
};

}  // namespace pgweir::upstream

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "auth/scram_cache.hpp"
#include "auth/scram_client.hpp"
#include "base/bytes.hpp"

namespace pgweir::auth {

/// What we can prove to a server. Any of the three may be missing; a password answers every method.
struct credentials {
    std::string user;
    /// Clear text.
    std::string password;
    /// Pass-through: what a client proved by SCRAM. Used where there is no password.
    std::optional<scram_keys> keys;
    /// `md5...` as pg_authid has it: answers the method md5 where there is no password.
    std::string md5_hash;
};

/// Proves to a PostgreSQL server who we are: the client's role, from behind the startup packet to AuthenticationOk.
class server_login {
public:
    enum class step {
        /// Send `out`; the next Authentication message will come.
        send,
        /// Nothing to send; the next Authentication message will come.
        wait,
        /// We are in.
        done,
        /// failure() says why. `out` is as it was.
        failed,
    };

    /// nonce: 18 random bytes from a cryptographic source. cache: may be null; must outlive the login.
    server_login(credentials known, base::bytes_view nonce, scram_cache* cache);
    server_login(const server_login&) = delete;
    server_login& operator=(const server_login&) = delete;
    ~server_login();

    /// Takes the body of one `R` message. An ErrorResponse ends a login from outside: it is the caller's.
    step receive(base::bytes_view authentication_body, std::string& out);

    /// Of this module, or the wire module's for a body that is no such message.
    std::error_code failure() const noexcept { return failure_; }

private:
    /// `answered`: AuthenticationOk is due, and is all we ask for. `scram_verified`: it is due, and is believed.
    enum class state { initial, answered, scram_begun, scram_proved, scram_verified, over };

    step send_clear(std::string& out);
    step send_md5(base::bytes_view salt, std::string& out);
    step begin_scram(base::bytes_view mechanisms, std::string& out);
    step continue_scram(base::bytes_view data, std::string& out);
    step finish_scram(base::bytes_view data);
    step accept();
    step fail(std::error_code reason);

    base::result<scram_keys> keys_for(const scram_challenge& challenge);

    credentials known_;
    scram_client scram_;
    scram_cache* cache_;
    state state_ = state::initial;
    std::error_code failure_;
};

}  // namespace pgweir::auth

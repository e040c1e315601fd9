#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "auth/scram_server.hpp"
#include "auth/secret.hpp"
#include "auth/settings.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

namespace pgweir::auth {

/// Random bytes for one login, drawn by the shell from a cryptographic source.
struct entropy {
    std::array<char, 4> md5_salt{};
    std::array<char, 18> scram_nonce{};
};

/// Asks a client who it is: the server's role, from behind the startup packet to AuthenticationOk.
///
/// A user that does not exist goes through the same messages as one with a wrong password. The error response is
/// the caller's to write: see is_refusal().
class client_login {
public:
    enum class step {
        /// Send `out` and wait for the client's next `p` message.
        send_and_wait,
        /// Send `out`, whose last message is AuthenticationOk. The client is who it says.
        send_and_done,
        /// failure() says why. `out` is as it was.
        failed,
    };

    /// known: nullopt if there is no such user. mock_key: 16 or more random bytes, the same for the whole process,
    /// from which salts come that are stable for a user: a salt that changed from login to login would tell that
    /// the user does not exist.
    ///
    /// With method md5 a user whose secret is a SCRAM verifier is asked by SCRAM, as PostgreSQL does it. With
    /// scram_sha_256 a clear secret without a ready verifier costs one PBKDF2, as does `password` against a verifier;
    /// the time that takes tells that the user exists.
    client_login(method wanted, std::string user, std::optional<secret> known, const entropy& random,
                 std::string_view mock_key);
    client_login(const client_login&) = delete;
    client_login& operator=(const client_login&) = delete;
    ~client_login() { wipe(clear_password_); }

    /// Appends the first Authentication message. To be called once.
    step start(std::string& out);

    /// Takes the body of one `p` message: PasswordMessage, SASLInitialResponse or SASLResponse.
    step receive(base::bytes_view body, std::string& out);

    /// Of this module, or the wire module's for a body that is no such message.
    std::error_code failure() const noexcept { return failure_; }

    /// What the client proved, for logging in at the server in its name. The password is there after success with
    /// method `password`, else empty; the keys after success by SCRAM.
    const std::string& clear_password() const noexcept { return clear_password_; }
    const std::optional<scram_keys>& client_keys() const noexcept { return client_keys_; }

private:
    enum class state { initial, password, md5, sasl_initial, scram_first, scram_final, over };

    method effective_method() const noexcept;
    base::result<const secret*> usable_secret() const;
    scram_verifier choose_verifier() const;

    step receive_password(base::bytes_view body, std::string& out);
    step receive_md5(base::bytes_view body, std::string& out);
    step receive_sasl_initial(base::bytes_view body, std::string& out);
    step receive_scram_first(base::bytes_view data, std::string& out);
    step receive_scram_final(base::bytes_view data, std::string& out);

    step succeed(std::string& out);
    step fail(std::error_code reason);

    method wanted_;
    std::string user_;
    std::optional<secret> known_;
    entropy random_;
    std::string mock_key_;

    state state_ = state::initial;
    std::unique_ptr<scram_server> scram_;
    std::error_code failure_;
    std::string clear_password_;
    std::optional<scram_keys> client_keys_;
};

}  // namespace pgweir::auth

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "auth/scram.hpp"

namespace pgweir::auth {

/// What is known about a user's password. Its text is wiped when it goes; there is no move, which would leave
/// the bytes of a short text behind in the source.
class secret {
public:
    /// `unusable` is a text that no password fits: empty, or a broken verifier. Taking it for a clear password
    /// would let in whoever can read the configuration with a typing error in it.
    enum class kind_type { clear, md5, scram_sha_256, unusable };

    /// Reads the configuration's text: a clear password, a SCRAM verifier or an md5 hash, told apart as PostgreSQL
    /// does it. For `unusable`, error() says why.
    static secret parse(std::string_view text);

    secret(const secret&) = default;
    secret& operator=(const secret&) = default;
    ~secret() { wipe(text_); }

    kind_type kind() const noexcept { return kind_; }

    /// bad_verifier for `unusable`, else empty.
    std::error_code error() const noexcept;

    /// Empty unless the kind is clear.
    std::string_view clear_password() const noexcept;

    /// Empty unless the kind is md5.
    std::string_view md5() const noexcept;

    /// Always there for the kind scram_sha_256; for a clear password when it was given by with_verifier().
    const std::optional<scram_verifier>& verifier() const noexcept { return verifier_; }

    /// The same secret with its verifier worked out beforehand, so that a SCRAM login costs no PBKDF2.
    /// Meant for a clear password: make_verifier(clear_password(), 16 random bytes).
    secret with_verifier(scram_verifier verifier) const;

private:
    secret(kind_type kind, std::string_view text) : kind_(kind), text_(text) {}

    kind_type kind_;
    std::string text_;
    std::optional<scram_verifier> verifier_;
};

}  // namespace pgweir::auth

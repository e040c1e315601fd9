#include "auth/error.hpp"

#include <string>

namespace pgweir::auth {
namespace {

class category : public std::error_category {
public:
    const char* name() const noexcept override { return "auth"; }

    std::string message(int value) const override {
        switch (static_cast<error_code>(value)) {
            case error_code::wrong_secret: return "the password does not match";
            case error_code::unknown_user: return "there is no such user";
            case error_code::bad_verifier: return "the stored secret is empty or a malformed SCRAM verifier";
            case error_code::no_scram_secret: return "the stored secret is an md5 hash, which SCRAM cannot use";
            case error_code::protocol_violation: return "malformed or unexpected authentication message";
            case error_code::unsupported_method: return "the authentication method is not supported";
            case error_code::server_not_authentic: return "the server could not prove that it knows the password";
            case error_code::refused_by_server: return "the server refused the SCRAM exchange";
            case error_code::password_missing: return "the server asks for a password, and none is known";
            case error_code::verifier_mismatch:
                return "the client's SCRAM keys belong to another verifier than the server's";
            case error_code::iterations_out_of_bounds: return "the server's SCRAM iteration count is out of bounds";
            case error_code::bad_address: return "not a numeric address or a network in CIDR notation";
        }
        return "unknown error";
    }
};

}  // namespace

const std::error_category& error_category() noexcept {
    static const category instance;
    return instance;
}

bool is_refusal(std::error_code code) noexcept {
    return code == error_code::wrong_secret || code == error_code::unknown_user || code == error_code::bad_verifier ||
           code == error_code::no_scram_secret;
}

}  // namespace pgweir::auth

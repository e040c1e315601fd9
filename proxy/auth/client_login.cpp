#include "auth/client_login.hpp"

#include <memory>
#include <utility>

#include "auth/error.hpp"
#include "auth/md5.hpp"
#include "wire/backend.hpp"
#include "wire/frontend.hpp"

namespace pgweir::auth {
namespace {

constexpr std::size_t mock_salt_size = 16;

base::bytes_view view(const auto& bytes) {
    return {bytes.data(), bytes.size()};
}

bool is_password_of(const secret& known, std::string_view password, std::string_view user) {
    switch (known.kind()) {
        case secret::kind_type::clear: return sha256(known.clear_password()) == sha256(password);
        case secret::kind_type::md5: return equal_in_constant_time(known.md5(), md5_hash(password, user).value_or(""));
        case secret::kind_type::scram_sha_256: {
            const auto& verifier = known.verifier();
            return verifier && verify_password(*verifier, password);
        }
        case secret::kind_type::unusable: break;
    }
    return false;
}

}  // namespace

client_login::client_login(method wanted, std::string user, std::optional<secret> known, const entropy& random,
                           std::string_view mock_key)
    : wanted_(wanted), user_(std::move(user)), known_(std::move(known)), random_(random), mock_key_(mock_key) {}

client_login::step client_login::start(std::string& out) {
    if (state_ != state::initial) return fail(error_code::protocol_violation);
    switch (effective_method()) {
        case method::trust: return succeed(out);
        case method::password:
            wire::append_authentication_cleartext(out);
            state_ = state::password;
            break;
        case method::md5:
            wire::append_authentication_md5(out, view(random_.md5_salt));
            state_ = state::md5;
            break;
        case method::scram_sha_256:
            wire::append_authentication_sasl(out, std::array{scram_sha_256_name});
            state_ = state::sasl_initial;
            break;
    }
    return step::send_and_wait;
}

client_login::step client_login::receive(base::bytes_view body, std::string& out) {
    switch (state_) {
        case state::password: return receive_password(body, out);
        case state::md5: return receive_md5(body, out);
        case state::sasl_initial: return receive_sasl_initial(body, out);
        case state::scram_first: return receive_scram_first(body, out);
        case state::scram_final: return receive_scram_final(body, out);
        case state::initial:
        case state::over: break;
    }
    return fail(error_code::protocol_violation);
}

method client_login::effective_method() const noexcept {
    const bool has_only_verifier = known_ && known_->kind() == secret::kind_type::scram_sha_256;
    return wanted_ == method::md5 && has_only_verifier ? method::scram_sha_256 : wanted_;
}

/// What to check against, or why this login can only fail, whatever the client sends.
base::result<const secret*> client_login::usable_secret() const {
    if (!known_) return error_code::unknown_user;
    const secret& known = *known_;
    if (const auto reason = known.error()) return reason;
    if (wanted_ == method::scram_sha_256 && known.kind() == secret::kind_type::md5) return error_code::no_scram_secret;
    return &known;
}

scram_verifier client_login::choose_verifier() const {
    const digest mock_seed = hmac_sha256(mock_key_, user_);
    const auto salt = mock_seed.view().substr(0, mock_salt_size);
    if (const auto known = usable_secret()) {
        const auto& ready = (*known)->verifier();
        return ready ? *ready : make_verifier((*known)->clear_password(), salt);
    }
    return {default_scram_iterations, std::string(salt), hmac_sha256(mock_seed.view(), "stored"),
            hmac_sha256(mock_seed.view(), "server")};
}

client_login::step client_login::receive_password(base::bytes_view body, std::string& out) {
    const auto password = wire::decode_password(body);
    if (!password) return fail(password.error());
    const auto known = usable_secret();
    if (!known) return fail(known.error());
    if (password->empty() || !is_password_of(**known, *password, user_)) return fail(error_code::wrong_secret);
    clear_password_ = *password;
    return succeed(out);
}

client_login::step client_login::receive_md5(base::bytes_view body, std::string& out) {
    const auto response = wire::decode_password(body);
    if (!response) return fail(response.error());
    const auto known = usable_secret();
    if (!known) return fail(known.error());

    const bool is_hashed = (*known)->kind() == secret::kind_type::md5;
    const auto stored = is_hashed ? std::string((*known)->md5()) : md5_hash((*known)->clear_password(), user_);
    if (!stored) return fail(error_code::unsupported_method);
    const auto expected = md5_response(*stored, view(random_.md5_salt));
    if (!expected) return fail(error_code::unsupported_method);
    return equal_in_constant_time(*expected, *response) ? succeed(out) : fail(error_code::wrong_secret);
}

client_login::step client_login::receive_sasl_initial(base::bytes_view body, std::string& out) {
    const auto initial = wire::decode_sasl_initial_response(body);
    if (!initial) return fail(initial.error());
    if (initial->mechanism != scram_sha_256_name) return fail(error_code::protocol_violation);
    scram_ = std::make_unique<scram_server>(choose_verifier(), view(random_.scram_nonce));
    if (initial->has_data) return receive_scram_first(initial->data, out);

    // The mechanism begins at the client (RFC 4422 section 5): an empty challenge asks for its first message.
    wire::append_authentication_sasl_continue(out, {});
    state_ = state::scram_first;
    return step::send_and_wait;
}

client_login::step client_login::receive_scram_first(base::bytes_view data, std::string& out) {
    const auto server_first = scram_->begin(data);
    if (!server_first) return fail(server_first.error());
    wire::append_authentication_sasl_continue(out, *server_first);
    state_ = state::scram_final;
    return step::send_and_wait;
}

client_login::step client_login::receive_scram_final(base::bytes_view data, std::string& out) {
    const auto server_final = scram_->finish(data);
    if (!server_final && server_final.error() != error_code::wrong_secret) return fail(server_final.error());
    if (const auto known = usable_secret(); !known) return fail(known.error());
    if (!server_final) return fail(server_final.error());
    wire::append_authentication_sasl_final(out, *server_final);
    client_keys_ = scram_->client_keys();
    return succeed(out);
}

client_login::step client_login::succeed(std::string& out) {
    wire::append_authentication_ok(out);
    state_ = state::over;
    return step::send_and_done;
}

client_login::step client_login::fail(std::error_code reason) {
    state_ = state::over;
    failure_ = reason;
    return step::failed;
}

}  // namespace pgweir::auth

#include "auth/server_login.hpp"

#include <algorithm>
#include <utility>

#include "auth/error.hpp"
#include "auth/md5.hpp"
#include "wire/backend.hpp"
#include "wire/frontend.hpp"

namespace pgweir::auth {

server_login::server_login(credentials known, base::bytes_view nonce, scram_cache* cache)
    : known_(std::move(known)), scram_(nonce), cache_(cache) {}

server_login::~server_login() {
    wipe(known_.password);
    wipe(known_.md5_hash);
}

server_login::step server_login::receive(base::bytes_view authentication_body, std::string& out) {
    if (state_ == state::over) return fail(error_code::protocol_violation);
    const auto message = wire::decode_authentication(authentication_body);
    if (!message) return fail(message.error());

    using kind = wire::authentication_kind;
    switch (static_cast<kind>(message->kind)) {
        case kind::ok: return accept();
        case kind::cleartext: return send_clear(out);
        case kind::md5: return send_md5(message->data, out);
        case kind::sasl: return begin_scram(message->data, out);
        case kind::sasl_continue: return continue_scram(message->data, out);
        case kind::sasl_final: return finish_scram(message->data);
        case kind::kerberos_v5:
        case kind::gss:
        case kind::gss_continue:
        case kind::sspi: break;
    }
    return fail(error_code::unsupported_method);
}

server_login::step server_login::send_clear(std::string& out) {
    if (state_ != state::initial) return fail(error_code::protocol_violation);
    if (known_.password.empty()) return fail(error_code::password_missing);
    wire::append_password(out, known_.password);
    state_ = state::answered;
    return step::send;
}

server_login::step server_login::send_md5(base::bytes_view salt, std::string& out) {
    if (state_ != state::initial) return fail(error_code::protocol_violation);
    const bool has_password = !known_.password.empty();
    if (!has_password && !is_md5_hash(known_.md5_hash)) return fail(error_code::password_missing);
    const auto stored = has_password ? md5_hash(known_.password, known_.user) : known_.md5_hash;
    const auto response = stored ? md5_response(*stored, salt) : std::nullopt;
    if (!response) return fail(error_code::unsupported_method);
    wire::append_password(out, *response);
    state_ = state::answered;
    return step::send;
}

server_login::step server_login::begin_scram(base::bytes_view mechanisms, std::string& out) {
    if (state_ != state::initial) return fail(error_code::protocol_violation);
    const auto offered = wire::decode_sasl_mechanisms(mechanisms);
    if (!offered) return fail(offered.error());
    if (std::find(offered->begin(), offered->end(), scram_sha_256_name) == offered->end())
        return fail(error_code::unsupported_method);
    if (known_.password.empty() && !known_.keys) return fail(error_code::password_missing);
    wire::append_sasl_initial_response(out, scram_sha_256_name, scram_.first_message());
    state_ = state::scram_begun;
    return step::send;
}

server_login::step server_login::continue_scram(base::bytes_view data, std::string& out) {
    if (state_ != state::scram_begun) return fail(error_code::protocol_violation);
    const auto challenge = scram_.challenge(data);
    if (!challenge) return fail(challenge.error());
    const auto keys = keys_for(*challenge);
    if (!keys) return fail(keys.error());
    wire::append_sasl_response(out, scram_.final_message(*keys));
    state_ = state::scram_proved;
    return step::send;
}

server_login::step server_login::finish_scram(base::bytes_view data) {
    if (state_ != state::scram_proved) return fail(error_code::protocol_violation);
    if (const auto reason = scram_.verify(data)) return fail(reason);
    state_ = state::scram_verified;
    return step::wait;
}

server_login::step server_login::accept() {
    // Whoever lets us in without its half of the proof may be anybody; a server with `trust` never asks.
    if (state_ == state::scram_begun || state_ == state::scram_proved) return fail(error_code::server_not_authentic);
    state_ = state::over;
    return step::done;
}

server_login::step server_login::fail(std::error_code reason) {
    state_ = state::over;
    failure_ = reason;
    return step::failed;
}

base::result<scram_keys> server_login::keys_for(const scram_challenge& challenge) {
    if (known_.password.empty()) {
        if (!known_.keys) return error_code::password_missing;
        const scram_keys& keys = *known_.keys;
        const bool is_same = keys.salt == challenge.salt && keys.iterations == challenge.iterations;
        if (!keys.salt.empty() && !is_same) return error_code::verifier_mismatch;
        return keys;
    }
    const digest salted = cache_ != nullptr
                              ? cache_->salted_password(known_.password, challenge.salt, challenge.iterations)
                              : salted_password(known_.password, challenge.salt, challenge.iterations);
    return scram_keys{client_key(salted), server_key(salted), challenge.salt, challenge.iterations};
}

}  // namespace pgweir::auth

#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "auth/address_rules.hpp"
#include "auth/base64.hpp"
#include "auth/conversation.hpp"
#include "auth/error.hpp"
#include "auth/md5.hpp"
#include "auth/saslprep.hpp"

/// What must hold for any bytes at all, shared by the fuzz target and the unit tests: broken_auth_rule() returns the
/// name of the rule that the input breaks, or nothing. Nonces and salts are fixed, so that a recorded login succeeds.
namespace pgweir::auth::test {

/// The message bodies in an input: each behind two bytes of length. The last one may be cut.
class bodies {
public:
    explicit bodies(std::string_view input) : left_(input) {}

    std::optional<std::string_view> next() {
        if (left_.size() < 2) return std::nullopt;
        const auto high = static_cast<unsigned char>(left_[0]);
        const auto low = static_cast<unsigned char>(left_[1]);
        const auto body = left_.substr(2, static_cast<std::size_t>(high * 256 + low));
        left_.remove_prefix(2 + body.size());
        return body;
    }

    static void append(std::string& input, std::string_view body) {
        input += static_cast<char>(body.size() / 256);
        input += static_cast<char>(body.size() % 256);
        input += body;
    }

private:
    std::string_view left_;
};

/// Secrets that cost no PBKDF2 of thousands of rounds. The last two let nobody in.
inline std::optional<secret> sample_secret(std::size_t index) {
    static const scram_verifier verifier = make_verifier("pencil", "0123456789abcdef", 2);
    switch (index) {
        case 0: return secret::parse("pencil").with_verifier(verifier);
        case 1: return secret::parse(md5_hash("pencil", "app").value());
        case 2: return secret::parse(to_text(verifier));
        case 3: return secret::parse("SCRAM-SHA-256$broken");
        default: return std::nullopt;
    }
}
inline constexpr std::size_t sample_secrets = 5;

inline constexpr std::array methods = {method::trust, method::password, method::md5, method::scram_sha_256};

inline std::string broken_client_login_rule(std::size_t variant, std::string_view input) {
    const method wanted = methods[variant % methods.size()];
    const std::size_t kind = variant / methods.size() % sample_secrets;
    client_login login(wanted, "app", sample_secret(kind), fixed_entropy(), mock_key);
    std::string out;
    auto step = login.start(out);
    bodies messages(input);
    for (auto body = messages.next(); body; body = messages.next()) {
        const bool was_over = step != client_login::step::send_and_wait;
        const std::string before = out;
        step = login.receive(*body, out);
        if (was_over && step != client_login::step::failed) return "what is over stays over";
        if (out.compare(0, before.size(), before) != 0) return "only the end of `out` changes";
        if (step == client_login::step::failed && out != before) return "a failure appends nothing";
        if ((step == client_login::step::failed) != bool(login.failure())) return "a failure has a reason";
        if (step != client_login::step::send_and_done) continue;
        if (split(out).back() != message{'R', authentication(0)}) return "success ends with AuthenticationOk";
        if (kind >= 3) return "nobody gets in without a usable secret";
        if (login.clear_password() != (wanted == method::password ? "pencil" : "")) return "the proved password";
    }
    return "";
}

inline credentials sample_credentials(std::size_t index) {
    static const digest salted = salted_password("pencil", "0123456789abcdef", 2);
    switch (index) {
        case 0: return {"app", "", scram_keys{client_key(salted), server_key(salted), {}, 0}, {}};
        case 1: return {"app", "", scram_keys{client_key(salted), server_key(salted), "0123456789abcdef", 2}, {}};
        case 2: return {"app", "", std::nullopt, md5_hash("pencil", "app").value()};
        default: return {"app", "", std::nullopt, {}};
    }
}

/// Without a clear password: a challenge may ask for a million rounds, and costs them.
inline std::string broken_server_login_rule(std::size_t variant, std::string_view input) {
    server_login login(sample_credentials(variant % 4), client_nonce, nullptr);
    std::string out;
    std::size_t answers = 0;
    std::size_t received = 0;
    auto step = server_login::step::wait;
    bodies messages(input);
    for (auto body = messages.next(); body; body = messages.next(), ++received) {
        const bool was_over = step == server_login::step::done || step == server_login::step::failed;
        const std::string before = out;
        step = login.receive(*body, out);
        if (was_over && step != server_login::step::failed) return "what is over stays over";
        if ((step == server_login::step::send) != (out != before)) return "`send` and only `send` appends";
        if ((step == server_login::step::failed) != bool(login.failure())) return "a failure has a reason";
        if (step == server_login::step::send) ++answers;
        if (step != server_login::step::done) continue;
        if (*body != authentication(0)) return "only AuthenticationOk lets us in";
        // Two answers are a SCRAM exchange: its three questions come first, with the server's proof as the last.
        if (answers > 2 || (answers == 2 && received != 3)) return "SCRAM ends with the server's proof";
    }
    return "";
}

inline std::string broken_text_rule(std::string_view text) {
    const auto known = secret::parse(text);
    if (known.error() && (known.verifier() || !known.clear_password().empty())) return "an unusable secret is empty";
    if (known.verifier() && parse_verifier(to_text(*known.verifier())).value().salt != known.verifier()->salt)
        return "a verifier comes back from its text";
    if (const auto bytes = base64_decode(text); bytes && base64_decode(base64_encode(*bytes)) != bytes)
        return "base64 comes back";
    const std::string prepared = saslprep(text);
    if (prepared.size() > text.size() || prepared.empty() != text.empty()) return "saslprep neither grows nor empties";
    address_rules rules;
    const auto address = text.substr(0, text.find('/'));
    if (!rules.add(text) && !rules.contains(address)) return "a network contains its own address";
    return "";
}

inline std::string broken_auth_rule(std::string_view input) {
    if (input.empty()) return "";
    const auto selector = static_cast<std::size_t>(static_cast<unsigned char>(input[0]));
    input.remove_prefix(1);
    switch (selector % 3) {
        case 0: return broken_client_login_rule(selector / 3, input);
        case 1: return broken_server_login_rule(selector / 3, input);
        default: return broken_text_rule(input);
    }
}

}  // namespace pgweir::auth::test

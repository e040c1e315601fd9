#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "auth/conversation.hpp"
#include "relay/login_flow.hpp"
#include "session/messages.hpp"
#include "wire/frontend.hpp"
#include "wire/startup.hpp"

namespace pgweir::relay::test {

using step = login_flow::step;
using startup_parameters = std::vector<std::pair<std::string, std::string>>;

inline std::string startup(const startup_parameters& parameters = {{"user", "app"}}, std::uint16_t minor_version = 0) {
    std::string out;
    wire::append_startup(out, parameters, minor_version);
    return out;
}

inline std::string ssl_request() {
    std::string out;
    wire::append_ssl_request(out);
    return out;
}

inline std::string gssenc_request() {
    std::string out;
    wire::append_gssenc_request(out);
    return out;
}

inline std::string cancel_request(std::int32_t process_id, std::string_view secret) {
    std::string out;
    wire::append_cancel_request(out, process_id, secret);
    return out;
}

inline std::string password(std::string_view text) {
    std::string out;
    wire::append_password(out, text);
    return out;
}

/// One user, `app`, whose password is `pencil`; its verifier costs no thousands of rounds.
inline service_settings known_user(auth::method method) {
    service_settings all;
    all.method = method;
    all.mock_key = auth::test::mock_key;
    const auto verifier = auth::make_verifier("pencil", "0123456789abcdef", 2);
    all.secrets.emplace("app", auth::secret::parse("pencil").with_verifier(verifier));
    return all;
}

/// The connection of one client to a login_flow.
struct login_lab {
    explicit login_lab(const service_settings& how, const peer_facts& peer = {.local = true, .address = {}})
        : flow(std::make_shared<service_settings>(how), peer, auth::test::fixed_entropy()) {}
    explicit login_lab(auth::method method) : login_lab(known_user(method)) {}

    step send(base::bytes_view bytes) {
        unread += bytes;
        std::size_t consumed = 0;
        const step next = flow.receive(unread, consumed, out);
        EXPECT_LE(consumed, unread.size());
        unread.erase(0, consumed);
        return next;
    }

    /// What the client has been told since the last call.
    std::string told() { return std::exchange(out, {}); }

    /// The SQLSTATE that the client is told when the login has failed.
    std::string sqlstate() const {
        std::string bytes;
        session::append_failure(bytes, flow.failure());
        const auto fields = wire::decode_error(base::bytes_view(bytes).substr(wire::header_size));
        return fields ? std::string(fields->sqlstate()) : "no error";
    }

    login_flow flow;
    std::string unread;
    std::string out;
};

}  // namespace pgweir::relay::test

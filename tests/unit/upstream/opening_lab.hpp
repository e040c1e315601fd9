#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth/conversation.hpp"
#include "session/messages.hpp"
#include "upstream/opening.hpp"
#include "wire/startup.hpp"

namespace pgweir::upstream::test {

using step = opening::step;

inline std::string authentication(std::int32_t kind, const std::string& data = {}) {
    const std::string body = auth::test::authentication(kind, data);
    return std::string{'R', 0, 0, 0, static_cast<char>(body.size() + 4)} + body;
}

inline std::string key_data(std::int32_t process_id, std::string_view secret) {
    std::string out;
    wire::append_key_data(out, process_id, secret);
    return out;
}

/// What a server says behind AuthenticationOk.
inline std::string greeting() {
    return pgweir::test::parameter("server_version", "17.2") + pgweir::test::parameter("TimeZone", "UTC") +
           pgweir::test::parameter("is_superuser", "off") + key_data(4711, "abcd") + pgweir::test::ready('I');
}

/// The answer to the question for what ParameterStatus does not tell.
inline std::string baseline(const std::vector<std::optional<std::string>>& values = {"public", "none", "read committed",
                                                                                     "f"}) {
    std::string row;
    wire::append_data_row(row, values);
    return pgweir::test::row_description("current_setting") + row + pgweir::test::complete("SELECT 1") +
           pgweir::test::ready('I');
}

inline opening_request request(const std::string& password = "pencil") {
    opening_request all;
    all.database = "shop";
    all.credentials.user = "app";
    all.credentials.password = password;
    return all;
}

/// A server and the one that logs in to it.
struct opening_lab {
    explicit opening_lab(opening_request what = request())
        : login(std::move(what), auth::test::client_nonce, nullptr, texts) {
        login.start(out);
    }

    step send(base::bytes_view bytes) {
        unread += bytes;
        std::size_t consumed = 0;
        const step next = login.receive(unread, consumed, out);
        EXPECT_LE(consumed, unread.size());
        unread.erase(0, consumed);
        return next;
    }

    /// What the server has been told since the last call.
    std::string told() { return std::exchange(out, {}); }

    base::interner texts;
    opening login;
    std::string unread;
    std::string out;
};

}  // namespace pgweir::upstream::test

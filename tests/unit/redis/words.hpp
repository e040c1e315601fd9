#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "redis/reply.hpp"

namespace pgweir::redis {

/// A reply as one word or a list of them: `nil`, `:5`, `+OK`, `-ERR no`, `"text"`, `[:1 nil]`.
inline std::string text_of(const reply& what) {
    switch (what.type()) {
        case reply_type::nil: return "nil";
        case reply_type::integer: return ":" + std::to_string(what.integer());
        case reply_type::status: return "+" + std::string(what.text());
        case reply_type::error: return "-" + std::string(what.text());
        case reply_type::string: return '"' + std::string(what.text()) + '"';
        case reply_type::array: break;
    }
    std::string list = "[";
    for (const reply each : what) list += (list.size() > 1 ? " " : "") + text_of(each);
    return list + "]";
}

/// As the server writes a string.
inline std::string bulk(std::string_view text) {
    return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

/// The words of a command, from literals.
template <class... Words>
std::array<std::string_view, sizeof...(Words)> words(const Words&... each) {
    return {std::string_view(each)...};
}

inline std::string run_id(char fill = 'a') {
    return std::string(40, fill);
}

/// What a primary replies to the greeting of a client without password and database.
struct greeting_replies {
    std::string run = run_id();
    std::string history = std::string(40, 'b');
    std::string role = "master";

    std::string replication() const {
        return bulk("# Replication\r\nrole:" + role + "\r\nconnected_slaves:0\r\nmaster_replid:" + history +
                    "\r\nmaster_replid2:0000000000000000000000000000000000000000\r\n");
    }
    std::string to_string() const {
        return "+OK\r\n" + bulk("# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:" + run + "\r\n") +
               bulk("# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n") + replication() + "+PONG\r\n";
    }
};

}  // namespace pgweir::redis

#pragma once

#include <string>
#include <string_view>

#include "wire/frame.hpp"
#include "wire/frontend.hpp"
#include "wire/rules.hpp"

namespace pgweir::test {

inline std::string broken_bind_rule(std::string_view body) {
    const auto head = wire::decode_bind_head(body, true);
    if (const auto message = wire::decode_bind(body)) {
        if (!head) return "a legal Bind has a head";
        if ((*head)->portal != message->portal || (*head)->statement != message->statement) return "the head's names";
        rewritten again(body);
        wire::append_bind(again.out(), *message);
        if (!again.same()) return "Bind written again";
    }
    if (!head) return wire::decode_bind_head(body, false) ? "" : "a prefix is never wrong";
    const std::size_t size = (*head)->size;
    if (size > body.size()) return "the head lies in the body";
    const auto early = wire::decode_bind_head(body.substr(0, size), false);
    if (!early || !*early || (*early)->size != size) return "the head is found as soon as it is there";
    const auto too_early = wire::decode_bind_head(body.substr(0, size - 1), false);
    if (!too_early || *too_early) return "the head is not found before it is there";
    rewritten again(body);
    wire::append_bind_head(again.out(), (*head)->portal, (*head)->statement, body.size() - size);
    again.out().append(body.substr(size));
    return again.same() ? "" : "Bind's head written again";
}

inline std::string broken_password_rule(std::string_view body) {
    if (const auto secret = wire::decode_password(body)) {
        rewritten again(body);
        wire::append_password(again.out(), *secret);
        if (!again.same()) return "PasswordMessage written again";
    }
    const auto response = wire::decode_sasl_initial_response(body);
    if (response && response->has_data) {
        rewritten again(body);
        wire::append_sasl_initial_response(again.out(), response->mechanism, response->data);
        if (!again.same()) return "SASLInitialResponse written again";
    }
    return "";
}

inline std::string broken_frontend_body_rule(char tag, std::string_view body) {
    rewritten again(body);
    switch (tag) {
        case 'B': return broken_bind_rule(body);
        case 'p': return broken_password_rule(body);
        case 'Q': {
            const auto text = wire::decode_query(body);
            if (!text) return "";
            wire::append_query(again.out(), *text);
            break;
        }
        case 'P': {
            const auto message = wire::decode_parse(body);
            if (!message) return "";
            wire::append_parse(again.out(), message->statement, message->text, message->parameter_types);
            break;
        }
        case 'D':
        case 'C': {
            const auto message = wire::decode_target(body);
            if (!message) return "";
            wire::append_describe(again.out(), message->kind, message->name);
            break;
        }
        case 'E': {
            const auto message = wire::decode_execute(body);
            if (!message) return "";
            wire::append_execute(again.out(), message->portal, message->max_rows);
            break;
        }
        case 'F': {
            const auto message = wire::decode_function_call(body);
            if (!message) return "";
            wire::append_function_call(again.out(), *message);
            break;
        }
        default: return "";
    }
    return again.same() ? "" : std::string(1, tag) + " written again";
}

/// The input is one message: whatever its length field says, all bytes behind the header are its body.
inline std::string broken_frontend_rule(std::string_view message) {
    const auto header_rule = broken_header_rule(message, wire::read_frontend_header, wire::why_invalid_frontend,
                                                [](char tag) { return wire::find_frontend(tag); });
    if (!header_rule.empty() || message.size() < wire::header_size) return header_rule;
    return broken_frontend_body_rule(message.front(), message.substr(wire::header_size));
}

}  // namespace pgweir::test

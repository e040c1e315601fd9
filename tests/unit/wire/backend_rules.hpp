#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/backend.hpp"
#include "wire/frame.hpp"
#include "wire/rules.hpp"

namespace pgweir::test {

inline std::string broken_error_rule(std::string_view body) {
    const auto fields = wire::decode_error(body);
    if (!fields) return "";
    std::size_t total = 0;
    for (int type = 1; type < 256; ++type) total += fields->field(static_cast<char>(type)).size();
    if (total > body.size()) return "fields lie in the body";
    if (!fields->field('\0').empty()) return "no field has type zero";
    const auto& report = *fields;
    std::string out;
    wire::append_error(out, {report.severity(), report.sqlstate(), report.message(), report.detail(), report.hint()});
    const auto again = wire::decode_error(std::string_view(out).substr(wire::header_size));
    const bool same = again && again->severity() == report.severity() && again->sqlstate() == report.sqlstate() &&
                      again->message() == report.message() && again->detail() == report.detail() &&
                      again->hint() == report.hint();
    return same ? "" : "ErrorResponse written again";
}

inline std::string broken_authentication_rule(std::string_view body) {
    const auto request = wire::decode_authentication(body);
    if (!request) return "";
    rewritten again(body);
    switch (request->kind) {
        case 0: wire::append_authentication_ok(again.out()); break;
        case 3: wire::append_authentication_cleartext(again.out()); break;
        case 5: wire::append_authentication_md5(again.out(), request->data); break;
        case 10: {
            const auto mechanisms = wire::decode_sasl_mechanisms(request->data);
            if (!mechanisms) return "";
            wire::append_authentication_sasl(again.out(), *mechanisms);
            break;
        }
        case 11: wire::append_authentication_sasl_continue(again.out(), request->data); break;
        case 12: wire::append_authentication_sasl_final(again.out(), request->data); break;
        default: return "";
    }
    return again.same() ? "" : "Authentication written again";
}

inline std::string broken_rows_rule(char tag, std::string_view body) {
    rewritten again(body);
    if (tag == 'T') {
        const auto columns = wire::decode_row_description(body);
        if (!columns) return "";
        wire::append_row_description(again.out(), *columns);
    } else {
        std::vector<std::optional<std::string_view>> values;
        if (wire::decode_data_row(body, values)) return "";
        std::vector<std::optional<std::string>> owned;
        for (const auto& value : values) value ? owned.emplace_back(*value) : owned.emplace_back();
        wire::append_data_row(again.out(), owned);
    }
    return again.same() ? "" : std::string(1, tag) + " written again";
}

inline std::string broken_backend_body_rule(char tag, std::string_view body) {
    rewritten again(body);
    switch (tag) {
        case 'E':
        case 'N': return broken_error_rule(body);
        case 'R': return broken_authentication_rule(body);
        case 'T':
        case 'D': return broken_rows_rule(tag, body);
        case 'S': {
            const auto message = wire::decode_parameter_status(body);
            if (!message) return "";
            wire::append_parameter_status(again.out(), message->name, message->value);
            break;
        }
        case 'K': {
            const auto message = wire::decode_key_data(body);
            if (!message) return "";
            wire::append_key_data(again.out(), message->process_id, message->secret);
            break;
        }
        case 'Z': {
            const auto status = wire::decode_ready_for_query(body);
            if (!status) return "";
            wire::append_ready_for_query(again.out(), *status);
            break;
        }
        case 'C': {
            const auto command = wire::decode_command_complete(body);
            if (!command) return "";
            wire::append_command_complete(again.out(), *command);
            break;
        }
        case 'A': {
            const auto message = wire::decode_notification(body);
            if (!message) return "";
            wire::append_notification(again.out(), message->process_id, message->channel, message->payload);
            break;
        }
        case 'v': {
            const auto message = wire::decode_negotiate_protocol_version(body);
            if (!message) return "";
            const std::vector<std::string> names(message->unknown_options.begin(), message->unknown_options.end());
            wire::append_negotiate_protocol_version(again.out(), message->minor_version, names);
            break;
        }
        default: return "";
    }
    return again.same() ? "" : std::string(1, tag) + " written again";
}

/// The input is one message: whatever its length field says, all bytes behind the header are its body.
inline std::string broken_backend_rule(std::string_view message) {
    const auto header_rule = broken_header_rule(message, wire::read_backend_header, wire::why_invalid_backend,
                                                [](char tag) { return wire::find_backend(tag); });
    if (!header_rule.empty() || message.size() < wire::header_size) return header_rule;
    return broken_backend_body_rule(message.front(), message.substr(wire::header_size));
}

}  // namespace pgweir::test

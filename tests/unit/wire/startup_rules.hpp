#pragma once

#include <string>
#include <string_view>

#include "wire/startup.hpp"

/// See rules.hpp.
namespace pgweir::test {

inline bool is_same_packet(const wire::startup_packet& packet, std::string_view bytes) {
    std::string out;
    switch (packet.kind) {
        case wire::startup_kind::startup:
            // The values of protocol options are not kept, so such a packet cannot be written again.
            if (!packet.unknown_protocol_options.empty()) return true;
            wire::append_startup(out, packet.parameters, packet.minor_version);
            break;
        case wire::startup_kind::ssl_request: wire::append_ssl_request(out); break;
        case wire::startup_kind::gssenc_request: wire::append_gssenc_request(out); break;
        case wire::startup_kind::cancel_request:
            wire::append_cancel_request(out, packet.process_id, packet.secret_key);
            break;
    }
    return out == bytes;
}

inline std::string broken_startup_rule(std::string_view input) {
    std::size_t consumed = 77;
    const auto read = wire::read_startup(input, consumed);
    std::size_t other = 77;
    const auto longer = wire::read_startup(std::string(input) + "x", other);
    if (!read) {
        if (consumed != 0) return "an error consumes nothing";
        return longer.error() == read.error() ? "" : "more bytes do not change an error";
    }
    if (!*read) {
        if (consumed != 0) return "an incomplete packet is not consumed";
        return input.size() < wire::max_startup_packet_size ? "" : "no packet is longer than the longest";
    }
    if (consumed < wire::min_startup_packet_size || consumed > wire::max_startup_packet_size) return "a packet's size";
    if (consumed > input.size()) return "a packet lies in the input";
    if (!longer || !*longer || other != consumed) return "bytes behind a packet do not matter";
    const auto shorter = wire::read_startup(input.substr(0, consumed - 1), other);
    if (!shorter || *shorter) return "a packet less one byte is incomplete";
    return is_same_packet(**read, input.substr(0, consumed)) ? "" : "a packet written again";
}

inline std::string escaped_option(const wire::startup_option& option) {
    std::string word;
    for (const char c : option.name + '=' + option.value) {
        if (std::string_view("\\ \t\n\v\f\r").find(c) != std::string_view::npos) word.push_back('\\');
        word.push_back(c);
    }
    return word;
}

inline std::string broken_options_rule(std::string_view input) {
    const auto options = wire::parse_options(input);
    if (!options) return "";
    std::string again;
    for (const auto& option : *options) {
        if (option.name.empty()) return "a setting has a name";
        if (option.name.find_first_of("-=") != std::string::npos) return "a name has no dash and no equal sign";
        again += " -c " + escaped_option(option);
    }
    const auto read = wire::parse_options(again);
    return read && *read == *options ? "" : "options written again";
}

}  // namespace pgweir::test

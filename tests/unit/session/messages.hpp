#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/backend.hpp"
#include "wire/frame.hpp"
#include "wire/frontend.hpp"
#include "wire/writer.hpp"

// Messages as values, so that a conversation can be written down as one.

namespace pgweir::test {

inline std::string bare(char tag) {
    std::string out;
    wire::writer message(out);
    message.begin(tag);
    message.end();
    return out;
}

inline std::string query(std::string_view text) {
    std::string out;
    wire::append_query(out, text);
    return out;
}

/// BEGIN alone takes no server.
inline std::string begin_on_server() {
    return query("BEGIN") + query("SELECT 1");
}

inline std::string parse(std::string_view name, std::string_view text) {
    std::string out;
    wire::append_parse(out, name, text, {});
    return out;
}

inline std::string bind_to(std::string_view statement, std::vector<std::string_view> values = {},
                           std::string_view portal = "") {
    wire::bind_message message;
    message.portal = portal;
    message.statement = statement;
    for (const std::string_view value : values) message.values.emplace_back(value);
    std::string out;
    wire::append_bind(out, message);
    return out;
}

inline std::string describe(char kind, std::string_view name) {
    std::string out;
    wire::append_describe(out, kind, name);
    return out;
}

inline std::string execute(std::int32_t max_rows = 0, std::string_view portal = "") {
    std::string out;
    wire::append_execute(out, portal, max_rows);
    return out;
}

inline std::string close(char kind, std::string_view name) {
    std::string out;
    wire::append_close(out, kind, name);
    return out;
}

inline std::string function_call(std::uint32_t function) {
    std::string out;
    wire::function_call message;
    message.function = function;
    wire::append_function_call(out, message);
    return out;
}

inline std::string sync() {
    return bare('S');
}
inline std::string flush() {
    return bare('H');
}
inline std::string terminate() {
    return bare('X');
}
inline std::string copy_done() {
    return bare('c');
}

inline std::string copy_data(std::string_view bytes) {
    std::string out;
    wire::writer message(out);
    message.begin('d');
    message.bytes(bytes);
    message.end();
    return out;
}

inline std::string copy_fail(std::string_view why) {
    std::string out;
    wire::append_copy_fail(out, why);
    return out;
}

// What a server says.

inline std::string ready(char status) {
    std::string out;
    wire::append_ready_for_query(out, status);
    return out;
}

inline std::string complete(std::string_view tag) {
    std::string out;
    wire::append_command_complete(out, tag);
    return out;
}

inline std::string row_description(std::string_view column, std::uint32_t type = 25) {
    std::string out;
    const wire::column one{.name = column, .type_oid = type};
    wire::append_row_description(out, {&one, 1});
    return out;
}

inline std::string data_row(std::string_view value) {
    std::string out;
    const std::optional<std::string> one{std::string(value)};
    wire::append_data_row(out, {&one, 1});
    return out;
}

inline std::string error(std::string_view sqlstate, std::string_view text, std::string_view severity = "ERROR") {
    std::string out;
    wire::append_error(out, {.severity = severity, .sqlstate = sqlstate, .message = text});
    return out;
}

inline std::string notice(std::string_view text) {
    std::string out;
    wire::append_notice(out, {.severity = "WARNING", .sqlstate = "25P01", .message = text});
    return out;
}

inline std::string parameter(std::string_view name, std::string_view value) {
    std::string out;
    wire::append_parameter_status(out, name, value);
    return out;
}

inline std::string parameter_description(int count = 0) {
    std::string out;
    wire::writer message(out);
    message.begin('t');
    message.int16(count);
    for (int i = 0; i < count; ++i) message.int32(25);
    message.end();
    return out;
}

/// CopyInResponse 'G', CopyOutResponse 'H' or CopyBothResponse 'W', of one text column.
inline std::string copy_response(char tag) {
    std::string out;
    wire::writer message(out);
    message.begin(tag);
    message.int8(0);
    message.int16(1);
    message.int16(0);
    message.end();
    return out;
}

inline std::string function_result(std::string_view value) {
    std::string out;
    wire::writer message(out);
    message.begin('V');
    message.int32(static_cast<std::int32_t>(value.size()));
    message.bytes(value);
    message.end();
    return out;
}

inline std::string parse_complete() {
    return bare('1');
}
inline std::string bind_complete() {
    return bare('2');
}
inline std::string close_complete() {
    return bare('3');
}
inline std::string no_data() {
    return bare('n');
}
inline std::string empty_query() {
    return bare('I');
}
inline std::string suspended() {
    return bare('s');
}

struct message {
    char tag = 0;
    std::string bytes;  ///< all of it

    std::string_view body() const { return std::string_view(bytes).substr(wire::header_size); }
};

enum class direction { from_client, from_server };

/// The whole messages at the front of `bytes`, which they are taken from. Stops at what is no message.
inline std::vector<message> take_messages(std::string& bytes, direction from) {
    std::vector<message> all;
    std::size_t position = 0;
    while (position < bytes.size()) {
        const std::string_view rest = std::string_view(bytes).substr(position);
        wire::header header;
        const auto state = from == direction::from_client ? wire::read_frontend_header(rest, header)
                                                          : wire::read_backend_header(rest, header);
        if (state != wire::header_state::complete || rest.size() < header.size) break;
        all.push_back({header.tag, std::string(rest.substr(0, header.size))});
        position += header.size;
    }
    bytes.erase(0, position);
    return all;
}

/// One line for a server message: what a test compares and a failure prints.
inline std::string said(const message& one) {
    std::string line(1, one.tag);
    switch (one.tag) {
        case 'E':
        case 'N':
            if (const auto fields = wire::decode_error(one.body()))
                line += ' ' + std::string(fields->severity()) + ' ' + std::string(fields->sqlstate()) + ' ' +
                        std::string(fields->message());
            break;
        case 'Z':
        case 'C':
        case 'S':
        case 'D':
        case 'T':
        case 'V':
            line += ' ';
            for (const char c : one.body().substr(0, 60)) {
                const char shown = c >= ' ' && c <= '~' ? c : ' ';
                if (shown != ' ' || line.back() != ' ') line += shown;
            }
            break;
        default: break;
    }
    while (line.back() == ' ') line.pop_back();
    return line;
}

inline std::vector<std::string> said(std::string bytes) {
    std::vector<std::string> lines;
    for (const message& one : take_messages(bytes, direction::from_server)) lines.push_back(said(one));
    if (!bytes.empty()) lines.push_back("garbage of " + std::to_string(bytes.size()) + " bytes");
    return lines;
}

}  // namespace pgweir::test

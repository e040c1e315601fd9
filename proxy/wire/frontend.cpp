#include "wire/frontend.hpp"

#include <cassert>

#include "wire/message_table.hpp"
#include "wire/reader.hpp"
#include "wire/writer.hpp"

namespace pgweir::wire {

namespace {

writer begin(std::string& out, frontend tag) {
    writer to(out);
    to.begin(static_cast<char>(tag));
    return to;
}

void append_bare(std::string& out, frontend tag) {
    begin(out, tag).end();
}

void append_target(std::string& out, frontend tag, char kind, std::string_view name) {
    assert(kind == 'S' || kind == 'P');
    writer to = begin(out, tag);
    to.int8(kind);
    to.c_string(name);
    to.end();
}

// Counts come from the peer: nothing is reserved before the bytes that they promise are known to be there.
std::vector<std::int16_t> read_formats(reader& from) {
    const std::size_t count = from.count();
    std::vector<std::int16_t> formats;
    if (from.left() < count * 2) {
        from.fail(error_code::truncated);
        return formats;
    }
    formats.reserve(count);
    for (std::size_t i = 0; i < count; ++i) formats.push_back(from.int16());
    return formats;
}

std::vector<std::optional<base::bytes_view>> read_values(reader& from) {
    const std::size_t count = from.count();
    std::vector<std::optional<base::bytes_view>> values;
    if (from.left() < count * 4) {
        from.fail(error_code::truncated);
        return values;
    }
    values.reserve(count);
    for (std::size_t i = 0; i < count && from.ok(); ++i) {
        const std::int32_t length = from.int32();
        if (length == -1) {
            values.emplace_back();
        } else {
            values.emplace_back(from.bytes(length));
        }
    }
    return values;
}

bool formats_match(std::size_t formats, std::size_t values) noexcept {
    return formats <= 1 || formats == values;
}

void write_formats(writer& to, const std::vector<std::int16_t>& formats) {
    assert(formats.size() <= 0xffff);
    to.int16(static_cast<int>(formats.size()));
    for (const std::int16_t format : formats) to.int16(format);
}

void write_values(writer& to, const std::vector<std::optional<base::bytes_view>>& values) {
    assert(values.size() <= 0xffff);
    to.int16(static_cast<int>(values.size()));
    for (const auto& value : values) {
        to.int32(value ? static_cast<std::int32_t>(value->size()) : -1);
        if (value) to.bytes(*value);
    }
}

template <class Message>
base::result<Message> finished(const reader& from, Message message) {
    if (const auto error = from.finish()) return error;
    return message;
}

}  // namespace

base::result<std::string_view> decode_query(base::bytes_view body) {
    reader from(body);
    const std::string_view text = from.c_string();
    return finished(from, text);
}

base::result<parse_message> decode_parse(base::bytes_view body) {
    reader from(body);
    parse_message message;
    message.statement = from.c_string();
    message.text = from.c_string();
    message.parameter_types = from.bytes(std::int64_t{from.count()} * 4);
    return finished(from, message);
}

base::result<std::optional<bind_head>> decode_bind_head(base::bytes_view body_prefix, bool whole) {
    reader from(body_prefix);
    bind_head head;
    head.portal = from.c_string();
    head.statement = from.c_string();
    if (from.ok()) {
        head.size = body_prefix.size() - from.left();
        return std::optional<bind_head>(head);
    }
    if (whole) return from.error();
    return std::optional<bind_head>();
}

base::result<bind_message> decode_bind(base::bytes_view body) {
    reader from(body);
    bind_message message;
    message.portal = from.c_string();
    message.statement = from.c_string();
    message.parameter_formats = read_formats(from);
    message.values = read_values(from);
    if (!formats_match(message.parameter_formats.size(), message.values.size())) from.fail(error_code::bad_count);
    message.result_formats = read_formats(from);
    return finished(from, std::move(message));
}

base::result<target> decode_target(base::bytes_view body) {
    reader from(body);
    target message;
    message.kind = from.byte();
    message.name = from.c_string();
    if (from.ok() && message.kind != 'S' && message.kind != 'P') from.fail(error_code::bad_target);
    return finished(from, message);
}

base::result<execute_message> decode_execute(base::bytes_view body) {
    reader from(body);
    execute_message message;
    message.portal = from.c_string();
    message.max_rows = from.int32();
    return finished(from, message);
}

base::result<function_call> decode_function_call(base::bytes_view body) {
    reader from(body);
    function_call message;
    message.function = static_cast<std::uint32_t>(from.int32());
    message.argument_formats = read_formats(from);
    message.arguments = read_values(from);
    if (!formats_match(message.argument_formats.size(), message.arguments.size())) from.fail(error_code::bad_count);
    message.result_format = from.int16();
    return finished(from, std::move(message));
}

std::optional<std::uint32_t> decode_called_function(base::bytes_view body_prefix) {
    if (body_prefix.size() < sizeof(std::uint32_t)) return std::nullopt;
    return static_cast<std::uint32_t>(reader(body_prefix).int32());
}

base::result<std::string_view> decode_password(base::bytes_view body) {
    reader from(body);
    const std::string_view secret = from.c_string();
    if (from.finish()) return error_code::bad_password_packet;
    return secret;
}

base::result<sasl_initial_response> decode_sasl_initial_response(base::bytes_view body) {
    reader from(body);
    sasl_initial_response message;
    message.mechanism = from.c_string();
    const std::int32_t length = from.int32();
    message.has_data = length != -1;
    if (message.has_data) message.data = from.bytes(length);
    return finished(from, message);
}

void append_query(std::string& out, std::string_view text) {
    writer to = begin(out, frontend::query);
    to.c_string(text);
    to.end();
}

void append_parse(std::string& out, std::string_view statement, std::string_view text,
                  base::bytes_view parameter_types) {
    assert(parameter_types.size() % 4 == 0 && parameter_types.size() / 4 <= 0xffff);
    writer to = begin(out, frontend::parse);
    to.c_string(statement);
    to.c_string(text);
    to.int16(static_cast<int>(parameter_types.size() / 4));
    to.bytes(parameter_types);
    to.end();
}

void append_bind_head(std::string& out, std::string_view portal, std::string_view statement, std::size_t rest_size) {
    const std::size_t length = 4 + without_nul(portal).size() + 1 + without_nul(statement).size() + 1 + rest_size;
    assert(length <= 0x7fffffff);
    writer to(out);
    to.int8(static_cast<char>(frontend::bind));
    to.int32(static_cast<std::int32_t>(length));
    to.c_string(portal);
    to.c_string(statement);
}

void append_bind(std::string& out, const bind_message& message) {
    writer to = begin(out, frontend::bind);
    to.c_string(message.portal);
    to.c_string(message.statement);
    write_formats(to, message.parameter_formats);
    write_values(to, message.values);
    write_formats(to, message.result_formats);
    to.end();
}

void append_describe(std::string& out, char kind, std::string_view name) {
    append_target(out, frontend::describe, kind, name);
}

void append_close(std::string& out, char kind, std::string_view name) {
    append_target(out, frontend::close, kind, name);
}

void append_execute(std::string& out, std::string_view portal, std::int32_t max_rows) {
    writer to = begin(out, frontend::execute);
    to.c_string(portal);
    to.int32(max_rows);
    to.end();
}

void append_function_call(std::string& out, const function_call& message) {
    writer to = begin(out, frontend::function_call);
    to.int32(static_cast<std::int32_t>(message.function));
    write_formats(to, message.argument_formats);
    write_values(to, message.arguments);
    to.int16(message.result_format);
    to.end();
}

void append_sync(std::string& out) {
    append_bare(out, frontend::sync);
}

void append_flush(std::string& out) {
    append_bare(out, frontend::flush);
}

void append_terminate(std::string& out) {
    append_bare(out, frontend::terminate);
}

void append_copy_fail(std::string& out, std::string_view message) {
    writer to = begin(out, frontend::copy_fail);
    to.c_string(message);
    to.end();
}

void append_password(std::string& out, std::string_view secret) {
    writer to = begin(out, frontend::password);
    to.c_string(secret);
    to.end();
}

void append_sasl_initial_response(std::string& out, std::string_view mechanism, base::bytes_view data) {
    writer to = begin(out, frontend::password);
    to.c_string(mechanism);
    to.int32(static_cast<std::int32_t>(data.size()));
    to.bytes(data);
    to.end();
}

void append_sasl_response(std::string& out, base::bytes_view data) {
    writer to = begin(out, frontend::password);
    to.bytes(data);
    to.end();
}

}  // namespace pgweir::wire

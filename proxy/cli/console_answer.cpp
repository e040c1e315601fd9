#include "cli/console_answer.hpp"

#include <string_view>
#include <utility>

#include "wire/backend.hpp"
#include "wire/error.hpp"
#include "wire/frame.hpp"

namespace pgweir::cli {

namespace {

/// Rows of the console are short; what is longer comes from something else, and is not waited for.
constexpr std::uint32_t longest_message = std::uint32_t{1024} * 1024;

bool is_integer(std::uint32_t type_oid) {
    constexpr std::uint32_t int8 = 20;
    constexpr std::uint32_t int2 = 21;
    constexpr std::uint32_t int4 = 23;
    return type_oid == int8 || type_oid == int2 || type_oid == int4;
}

}  // namespace

base::status console_answer::receive(base::bytes_view input, std::size_t& consumed) {
    consumed = 0;
    while (!complete_) {
        const base::bytes_view rest = input.substr(consumed);
        wire::header header;
        const auto state = wire::read_backend_header(rest, header);
        if (state == wire::header_state::invalid) return wire::why_invalid_backend(rest);
        if (state == wire::header_state::complete && header.size > longest_message)
            return wire::error_code::message_too_large;
        if (state == wire::header_state::incomplete || rest.size() < header.size) return {};
        const auto failed = take(header.tag, rest.substr(wire::header_size, header.size - wire::header_size));
        if (failed) return failed;
        consumed += header.size;
    }
    return {};
}

base::status console_answer::take(char tag, base::bytes_view body) {
    switch (static_cast<wire::backend>(tag)) {
        case wire::backend::authentication: {
            const auto asked = wire::decode_authentication(body);
            if (!asked) return asked.error();
            const bool let_in = asked->kind == static_cast<std::int32_t>(wire::authentication_kind::ok);
            return let_in ? base::status() : wire::error_code::bad_value;
        }
        case wire::backend::row_description: return take_columns(body);
        case wire::backend::data_row: return take_row(body);
        case wire::backend::error: return take_error(body);
        case wire::backend::ready_for_query: complete_ = true; return wire::decode_ready_for_query(body).error();
        case wire::backend::key_data:
        case wire::backend::parameter_status:
        case wire::backend::notice:
        case wire::backend::command_complete:
        case wire::backend::empty_query:
        case wire::backend::negotiate_protocol_version: return {};
        case wire::backend::portal_suspended:
        case wire::backend::no_data:
        case wire::backend::parameter_description:
        case wire::backend::parse_complete:
        case wire::backend::bind_complete:
        case wire::backend::close_complete:
        case wire::backend::notification:
        case wire::backend::copy_in:
        case wire::backend::copy_out:
        case wire::backend::copy_both:
        case wire::backend::copy_data:
        case wire::backend::copy_done:
        case wire::backend::function_call_response: break;
    }
    return wire::error_code::unknown_backend_message;
}

base::status console_answer::take_columns(base::bytes_view body) {
    const auto described = wire::decode_row_description(body);
    if (!described) return described.error();
    table_ = {};
    for (const wire::column& each : *described)
        table_.columns.push_back({std::string(each.name), is_integer(each.type_oid)});
    return {};
}

base::status console_answer::take_row(base::bytes_view body) {
    std::vector<std::optional<std::string_view>> values;
    if (const auto failed = wire::decode_data_row(body, values)) return failed;
    if (values.size() != table_.columns.size()) return wire::error_code::bad_count;
    auto& row = table_.rows.emplace_back();
    for (const auto& value : values)
        row.push_back(value ? std::optional<std::string>(std::string(*value)) : std::nullopt);
    return {};
}

base::status console_answer::take_error(base::bytes_view body) {
    const auto fields = wire::decode_error(body);
    if (!fields) return fields.error();
    if (!refusal_)
        refusal_ = {std::string(fields->sqlstate()), std::string(fields->message()), std::string(fields->hint())};
    return {};
}

}  // namespace pgweir::cli

// Messages out: the other half of backend.hpp.
#include <cassert>

#include "wire/backend.hpp"
#include "wire/message_table.hpp"
#include "wire/startup.hpp"
#include "wire/writer.hpp"

namespace pgweir::wire {

namespace {

writer begin(std::string& out, backend tag) {
    writer to(out);
    to.begin(static_cast<char>(tag));
    return to;
}

void append_bare(std::string& out, backend tag) {
    begin(out, tag).end();
}

void write_field(writer& to, char type, std::string_view value) {
    to.int8(type);
    to.c_string(value);
}

void append_report(std::string& out, backend tag, const error_report& report) {
    writer to = begin(out, tag);
    write_field(to, 'S', report.severity);
    write_field(to, 'V', report.severity);
    write_field(to, 'C', report.sqlstate);
    write_field(to, 'M', report.message);
    if (!report.detail.empty()) write_field(to, 'D', report.detail);
    if (!report.hint.empty()) write_field(to, 'H', report.hint);
    if (!report.routine.empty()) write_field(to, 'R', report.routine);
    to.int8(0);
    to.end();
}

void append_authentication(std::string& out, authentication_kind kind, base::bytes_view data) {
    writer to = begin(out, backend::authentication);
    to.int32(static_cast<std::int32_t>(kind));
    to.bytes(data);
    to.end();
}

}  // namespace

void append_error(std::string& out, const error_report& report) {
    append_report(out, backend::error, report);
}

void append_error_fields(std::string& out, base::bytes_view fields) {
    writer to = begin(out, backend::error);
    to.bytes(fields);
    to.end();
}

void append_notice(std::string& out, const error_report& report) {
    append_report(out, backend::notice, report);
}

void append_ready_for_query(std::string& out, char status) {
    assert(status == 'I' || status == 'T' || status == 'E');
    writer to = begin(out, backend::ready_for_query);
    to.int8(status);
    to.end();
}

void append_authentication_ok(std::string& out) {
    append_authentication(out, authentication_kind::ok, {});
}

void append_authentication_cleartext(std::string& out) {
    append_authentication(out, authentication_kind::cleartext, {});
}

void append_authentication_md5(std::string& out, base::bytes_view salt) {
    assert(salt.size() == 4);
    append_authentication(out, authentication_kind::md5, salt);
}

void append_authentication_sasl(std::string& out, std::span<const std::string_view> mechanisms) {
    writer to = begin(out, backend::authentication);
    to.int32(static_cast<std::int32_t>(authentication_kind::sasl));
    for (const std::string_view mechanism : mechanisms) to.c_string(mechanism);
    to.int8(0);
    to.end();
}

void append_authentication_sasl_continue(std::string& out, base::bytes_view data) {
    append_authentication(out, authentication_kind::sasl_continue, data);
}

void append_authentication_sasl_final(std::string& out, base::bytes_view data) {
    append_authentication(out, authentication_kind::sasl_final, data);
}

void append_parameter_status(std::string& out, std::string_view name, std::string_view value) {
    writer to = begin(out, backend::parameter_status);
    to.c_string(name);
    to.c_string(value);
    to.end();
}

void append_key_data(std::string& out, std::int32_t process_id, std::string_view secret) {
    assert(secret.size() >= min_secret_key_size && secret.size() <= max_secret_key_size);
    writer to = begin(out, backend::key_data);
    to.int32(process_id);
    to.bytes(secret);
    to.end();
}

void append_negotiate_protocol_version(std::string& out, std::uint16_t minor_version,
                                       std::span<const std::string> unknown_options) {
    writer to = begin(out, backend::negotiate_protocol_version);
    to.int32(3 << 16 | minor_version);
    to.int32(static_cast<std::int32_t>(unknown_options.size()));
    for (const std::string& name : unknown_options) to.c_string(name);
    to.end();
}

void append_parse_complete(std::string& out) {
    append_bare(out, backend::parse_complete);
}

void append_bind_complete(std::string& out) {
    append_bare(out, backend::bind_complete);
}

void append_close_complete(std::string& out) {
    append_bare(out, backend::close_complete);
}

void append_command_complete(std::string& out, std::string_view tag) {
    writer to = begin(out, backend::command_complete);
    to.c_string(tag);
    to.end();
}

void append_empty_query(std::string& out) {
    append_bare(out, backend::empty_query);
}

void append_no_data(std::string& out) {
    append_bare(out, backend::no_data);
}

void append_row_description(std::string& out, std::span<const column> columns) {
    assert(columns.size() <= 0xffff);
    writer to = begin(out, backend::row_description);
    to.int16(static_cast<int>(columns.size()));
    for (const column& each : columns) {
        to.c_string(each.name);
        to.int32(static_cast<std::int32_t>(each.table_oid));
        to.int16(each.table_column);
        to.int32(static_cast<std::int32_t>(each.type_oid));
        to.int16(each.type_size);
        to.int32(each.type_modifier);
        to.int16(each.format);
    }
    to.end();
}

void append_data_row(std::string& out, std::span<const std::optional<std::string>> values) {
    assert(values.size() <= 0xffff);
    writer to = begin(out, backend::data_row);
    to.int16(static_cast<int>(values.size()));
    for (const auto& value : values) {
        to.int32(value ? static_cast<std::int32_t>(value->size()) : -1);
        if (value) to.bytes(*value);
    }
    to.end();
}

void append_notification(std::string& out, std::int32_t process_id, std::string_view channel,
                         std::string_view payload) {
    writer to = begin(out, backend::notification);
    to.int32(process_id);
    to.c_string(channel);
    to.c_string(payload);
    to.end();
}

}  // namespace pgweir::wire

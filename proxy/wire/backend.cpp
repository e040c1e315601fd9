// Bodies in: the decoders.
#include "wire/backend.hpp"

#include "wire/reader.hpp"
#include "wire/startup.hpp"

namespace pgweir::wire {

namespace {

template <class Message>
base::result<Message> finished(const reader& from, Message message) {
    if (const auto error = from.finish()) return error;
    return message;
}

bool is_transaction_status(char status) noexcept {
    return status == 'I' || status == 'T' || status == 'E';
}

column read_column(reader& from) {
    column found;
    found.name = from.c_string();
    found.table_oid = static_cast<std::uint32_t>(from.int32());
    found.table_column = from.int16();
    found.type_oid = static_cast<std::uint32_t>(from.int32());
    found.type_size = from.int16();
    found.type_modifier = from.int32();
    found.format = from.int16();
    return found;
}

// What is known about a request's data before any mechanism has looked at it.
bool is_plausible(const authentication& request) noexcept {
    switch (static_cast<authentication_kind>(request.kind)) {
        case authentication_kind::ok:
        case authentication_kind::kerberos_v5:
        case authentication_kind::cleartext:
        case authentication_kind::gss:
        case authentication_kind::sspi: return request.data.empty();
        case authentication_kind::md5: return request.data.size() == 4;
        case authentication_kind::gss_continue:
        case authentication_kind::sasl:
        case authentication_kind::sasl_continue:
        case authentication_kind::sasl_final: return true;
    }
    return true;
}

}  // namespace

std::string_view error_fields::field(char type) const noexcept {
    reader from(body_);
    while (!from.at_end()) {
        const char found = from.byte();
        if (found == '\0') break;
        const std::string_view value = from.c_string();
        if (found == type) return value;
        if (!from.ok()) break;
    }
    return {};
}

std::string_view error_fields::severity() const noexcept {
    const std::string_view untranslated = field('V');  // since 9.6
    return untranslated.empty() ? field('S') : untranslated;
}

base::result<error_fields> decode_error(base::bytes_view body) {
    reader from(body);
    while (from.ok()) {
        if (from.byte() == '\0') break;
        from.c_string();
    }
    return finished(from, error_fields(body));
}

base::result<parameter_status> decode_parameter_status(base::bytes_view body) {
    reader from(body);
    parameter_status message;
    message.name = from.c_string();
    message.value = from.c_string();
    return finished(from, message);
}

base::result<key_data> decode_key_data(base::bytes_view body) {
    reader from(body);
    key_data message;
    message.process_id = from.int32();
    message.secret = from.rest();
    if (message.secret.size() < min_secret_key_size) from.fail(error_code::truncated);
    if (message.secret.size() > max_secret_key_size) from.fail(error_code::trailing_bytes);
    return finished(from, message);
}

base::result<char> decode_ready_for_query(base::bytes_view body) {
    reader from(body);
    const char status = from.byte();
    if (from.ok() && !is_transaction_status(status)) from.fail(error_code::bad_value);
    return finished(from, status);
}

base::result<std::string_view> decode_command_complete(base::bytes_view body) {
    reader from(body);
    const std::string_view tag = from.c_string();
    return finished(from, tag);
}

base::result<authentication> decode_authentication(base::bytes_view body) {
    reader from(body);
    authentication request;
    request.kind = from.int32();
    request.data = from.rest();
    if (from.ok() && !is_plausible(request)) from.fail(error_code::bad_value);
    return finished(from, request);
}

base::result<std::vector<std::string_view>> decode_sasl_mechanisms(base::bytes_view data) {
    reader from(data);
    std::vector<std::string_view> mechanisms;
    for (auto name = from.c_string(); !name.empty(); name = from.c_string()) mechanisms.push_back(name);
    return finished(from, std::move(mechanisms));
}

base::result<std::vector<column>> decode_row_description(base::bytes_view body) {
    constexpr std::size_t least_column_size = 1 + 4 + 2 + 4 + 2 + 4 + 2;
    reader from(body);
    const std::size_t count = from.count();
    std::vector<column> columns;
    if (from.left() < count * least_column_size) return error_code::truncated;
    columns.reserve(count);
    for (std::size_t i = 0; i < count && from.ok(); ++i) columns.push_back(read_column(from));
    return finished(from, std::move(columns));
}

base::status decode_data_row(base::bytes_view body, std::vector<std::optional<std::string_view>>& values) {
    values.clear();
    reader from(body);
    const std::size_t count = from.count();
    if (from.left() < count * 4) return error_code::truncated;
    values.reserve(count);
    for (std::size_t i = 0; i < count && from.ok(); ++i) {
        const std::int32_t length = from.int32();
        if (length == -1) {
            values.emplace_back();
        } else {
            values.emplace_back(from.bytes(length));
        }
    }
    return from.finish();
}

base::result<notification> decode_notification(base::bytes_view body) {
    reader from(body);
    notification message;
    message.process_id = from.int32();
    message.channel = from.c_string();
    message.payload = from.c_string();
    return finished(from, message);
}

base::result<negotiate_protocol_version> decode_negotiate_protocol_version(base::bytes_view body) {
    reader from(body);
    negotiate_protocol_version message;
    const std::int32_t version = from.int32();
    // The manual speaks of a minor version; servers send the major one with it, and libpq insists on that.
    if (from.ok() && version >> 16 != 3) from.fail(error_code::bad_value);
    message.minor_version = static_cast<std::uint16_t>(version & 0xffff);
    const std::int32_t count = from.int32();
    if (count < 0) from.fail(error_code::bad_value);
    for (std::int32_t i = 0; i < count && from.ok(); ++i) {
        const std::string_view name = from.c_string();
        if (from.ok()) message.unknown_options.push_back(name);
    }
    return finished(from, std::move(message));
}

}  // namespace pgweir::wire

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "wire/error.hpp"

/// What servers send: bodies in (without tag and length), whole messages out. Views point into the body.
namespace pgweir::wire {

/// The fields of an ErrorResponse or NoticeResponse. A field that is not there is empty; of doubles the first counts.
class error_fields {
public:
    error_fields() = default;

    /// Of the manual's one-letter field types.
    std::string_view field(char type) const noexcept;

    /// ERROR, FATAL, PANIC, WARNING, ... as the server means it, in no other language where the server says so.
    std::string_view severity() const noexcept;
    std::string_view sqlstate() const noexcept { return field('C'); }
    std::string_view message() const noexcept { return field('M'); }
    std::string_view detail() const noexcept { return field('D'); }
    std::string_view hint() const noexcept { return field('H'); }

private:
    friend base::result<error_fields> decode_error(base::bytes_view body);
    explicit error_fields(base::bytes_view body) noexcept : body_(body) {}

    base::bytes_view body_;
};
base::result<error_fields> decode_error(base::bytes_view body);

struct parameter_status {
    std::string_view name;
    std::string_view value;
};
base::result<parameter_status> decode_parameter_status(base::bytes_view body);

struct key_data {
    std::int32_t process_id = 0;
    std::string_view secret;  ///< min_secret_key_size to max_secret_key_size bytes (startup.hpp)
};
base::result<key_data> decode_key_data(base::bytes_view body);

/// 'I' idle, 'T' in a transaction, 'E' in a failed one; nothing else.
base::result<char> decode_ready_for_query(base::bytes_view body);

/// The command tag, such as `INSERT 0 1`.
base::result<std::string_view> decode_command_complete(base::bytes_view body);

enum class authentication_kind : std::int32_t {
    ok = 0,
    kerberos_v5 = 2,
    cleartext = 3,
    md5 = 5,
    gss = 7,
    gss_continue = 8,
    sspi = 9,
    sasl = 10,
    sasl_continue = 11,
    sasl_final = 12,
};

struct authentication {
    std::int32_t kind = 0;  ///< an authentication_kind, or one that does not exist yet
    base::bytes_view data;  ///< md5: the salt; sasl: the list for decode_sasl_mechanisms(); else the mechanism's own
};
/// Data that a known kind cannot have (an ok with a body, a salt that is not 4 bytes) is an error.
base::result<authentication> decode_authentication(base::bytes_view body);
base::result<std::vector<std::string_view>> decode_sasl_mechanisms(base::bytes_view data);

/// A column of a RowDescription. The defaults are what a made-up column has.
struct column {
    std::string_view name;
    std::uint32_t type_oid = 25;     ///< text
    std::uint32_t table_oid = 0;     ///< 0: no column of a table
    std::int16_t table_column = 0;   ///< its number there
    std::int16_t type_size = -1;     ///< in bytes; negative: variable
    std::int32_t type_modifier = -1; ///< meaning depends on the type; -1: none
    std::int16_t format = 0;         ///< 0: text, 1: binary
};
base::result<std::vector<column>> decode_row_description(base::bytes_view body);

/// No value: NULL. `values` is overwritten; its memory is used again.
base::status decode_data_row(base::bytes_view body, std::vector<std::optional<std::string_view>>& values);

struct notification {
    std::int32_t process_id = 0;  ///< of the session that notified
    std::string_view channel;
    std::string_view payload;
};
base::result<notification> decode_notification(base::bytes_view body);

struct negotiate_protocol_version {
    std::uint16_t minor_version = 0;                ///< the newest 3.x that the server speaks
    std::vector<std::string_view> unknown_options;  ///< names beginning with `_pq_.`
};
base::result<negotiate_protocol_version> decode_negotiate_protocol_version(base::bytes_view body);

/// What an ErrorResponse or NoticeResponse of ours says. Empty detail and hint are left out.
struct error_report {
    std::string_view severity = "ERROR";
    std::string_view sqlstate = "XX000";
    std::string_view message;
    std::string_view detail = {};
    std::string_view hint = {};
    std::string_view routine = {};
};
void append_error(std::string& out, const error_report& report);
void append_notice(std::string& out, const error_report& report);
/// An ErrorResponse whose fields are there already, with their NULs.
void append_error_fields(std::string& out, base::bytes_view fields);

void append_ready_for_query(std::string& out, char status);
void append_authentication_ok(std::string& out);
void append_authentication_cleartext(std::string& out);

/// Requires a salt of 4 bytes.
void append_authentication_md5(std::string& out, base::bytes_view salt);
void append_authentication_sasl(std::string& out, std::span<const std::string_view> mechanisms);
void append_authentication_sasl_continue(std::string& out, base::bytes_view data);
void append_authentication_sasl_final(std::string& out, base::bytes_view data);
void append_parameter_status(std::string& out, std::string_view name, std::string_view value);

/// Requires min_secret_key_size to max_secret_key_size bytes, and 4 for a client of protocol 3.0.
void append_key_data(std::string& out, std::int32_t process_id, std::string_view secret);
void append_negotiate_protocol_version(std::string& out, std::uint16_t minor_version,
                                       std::span<const std::string> unknown_options);
void append_parse_complete(std::string& out);
void append_bind_complete(std::string& out);
void append_close_complete(std::string& out);
void append_command_complete(std::string& out, std::string_view tag);
void append_empty_query(std::string& out);
void append_no_data(std::string& out);

/// Requires at most 65535 columns, or values.
void append_row_description(std::string& out, std::span<const column> columns);
void append_data_row(std::string& out, std::span<const std::optional<std::string>> values);
void append_notification(std::string& out, std::int32_t process_id, std::string_view channel, std::string_view payload);

}  // namespace pgweir::wire

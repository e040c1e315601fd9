#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "wire/error.hpp"

/// What clients send: bodies in (without tag and length), whole messages out. Views point into the body.
namespace pgweir::wire {

base::result<std::string_view> decode_query(base::bytes_view body);

struct parse_message {
    std::string_view statement;  ///< empty: the unnamed one
    std::string_view text;
    base::bytes_view parameter_types;  ///< oids in network order, 4 bytes each, as they came
};
base::result<parse_message> decode_parse(base::bytes_view body);

/// The front of a Bind, which is all that a pooler has to look at: what follows may be a gigabyte.
struct bind_head {
    std::string_view portal;
    std::string_view statement;
    std::size_t size = 0;  ///< bytes of both strings with their terminators: where the rest begins
};
/// No value yet: the prefix ends inside the names. `whole` says that the prefix is the entire body.
base::result<std::optional<bind_head>> decode_bind_head(base::bytes_view body_prefix, bool whole);

/// A format is 0 for text and 1 for binary. None stands for text throughout, one for all values, else one for each.
struct bind_message {
    std::string_view portal;
    std::string_view statement;
    std::vector<std::int16_t> parameter_formats;
    std::vector<std::optional<base::bytes_view>> values;  ///< no value: NULL
    std::vector<std::int16_t> result_formats;
};
base::result<bind_message> decode_bind(base::bytes_view body);

/// Of Describe and Close.
struct target {
    char kind = 'S';  ///< 'S': a prepared statement, 'P': a portal
    std::string_view name;
};
base::result<target> decode_target(base::bytes_view body);

struct execute_message {
    std::string_view portal;
    std::int32_t max_rows = 0;  ///< 0 and below: no limit
};
base::result<execute_message> decode_execute(base::bytes_view body);

struct function_call {
    std::uint32_t function = 0;  ///< its oid
    std::vector<std::int16_t> argument_formats;
    std::vector<std::optional<base::bytes_view>> arguments;
    std::int16_t result_format = 0;
};
base::result<function_call> decode_function_call(base::bytes_view body);
/// Its first field. No value: the prefix ends inside of it.
std::optional<std::uint32_t> decode_called_function(base::bytes_view body_prefix);

base::result<std::string_view> decode_password(base::bytes_view body);

struct sasl_initial_response {
    std::string_view mechanism;
    bool has_data = false;
    base::bytes_view data;
};
base::result<sasl_initial_response> decode_sasl_initial_response(base::bytes_view body);

void append_query(std::string& out, std::string_view text);
void append_parse(std::string& out, std::string_view statement, std::string_view text,
                  base::bytes_view parameter_types);

/// Tag, the length of the whole message, and both names; the caller sends `rest_size` bytes after it.
void append_bind_head(std::string& out, std::string_view portal, std::string_view statement, std::size_t rest_size);
void append_bind(std::string& out, const bind_message& message);
void append_describe(std::string& out, char kind, std::string_view name);
void append_close(std::string& out, char kind, std::string_view name);
void append_execute(std::string& out, std::string_view portal, std::int32_t max_rows);
void append_function_call(std::string& out, const function_call& message);
void append_sync(std::string& out);
void append_flush(std::string& out);
void append_terminate(std::string& out);
void append_copy_fail(std::string& out, std::string_view message);
void append_password(std::string& out, std::string_view secret);
void append_sasl_initial_response(std::string& out, std::string_view mechanism, base::bytes_view data);
void append_sasl_response(std::string& out, base::bytes_view data);

}  // namespace pgweir::wire

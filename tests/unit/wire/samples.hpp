#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "wire/backend.hpp"
#include "wire/frontend.hpp"
#include "wire/startup.hpp"

/// Legal messages of every kind that has a decoder: what mutation starts from.
namespace pgweir::test {

template <class Append>
std::string written(Append append) {
    std::string out;
    append(out);
    return out;
}

inline std::vector<std::string> frontend_samples() {
    using namespace wire;
    using text = std::string&;
    const std::string value(300, 'v');
    return {
        written([](text out) { append_query(out, "begin; select * from product where id = 7"); }),
        written([](text out) { append_parse(out, "s1", "select $1::int, $2", std::string("\0\0\0\x17\0\0\0\0", 8)); }),
        written([](text out) { append_parse(out, "", "select 1", ""); }),
        written([](text out) { append_bind(out, {"", "s1", {}, {"1", std::nullopt}, {}}); }),
        written([&](text out) { append_bind(out, {"portal", "s2", {1, 0}, {"\1\2", value}, {1, 1, 0}}); }),
        written([](text out) { append_describe(out, 'S', "s1"); }),
        written([](text out) { append_describe(out, 'P', ""); }),
        written([](text out) { append_close(out, 'S', "s1"); }),
        written([](text out) { append_execute(out, "portal", 50); }),
        written([](text out) { append_function_call(out, {1598, {0}, {"1", std::nullopt, ""}, 1}); }),
        written([](text out) { append_password(out, "secret"); }),
        written([](text out) { append_sasl_initial_response(out, "SCRAM-SHA-256", "n,,n=,r=rOprNGfwEbeRWgbNEkqO"); }),
        written([](text out) { append_sasl_response(out, "c=biws,r=rOprNGfwEbeRWgbNEkqO,p=dHzbZapWIk4jUhN+Ute9"); }),
        written([](text out) { append_sync(out); }),
        written([](text out) { append_flush(out); }),
        written([](text out) { append_terminate(out); }),
        written([](text out) { append_copy_fail(out, "no more"); }),
    };
}

inline std::vector<std::string> backend_samples() {
    using namespace wire;
    using text = std::string&;
    static constexpr std::array<std::string_view, 2> mechanisms{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"};
    const std::vector<column> columns{{"id", 20, 16384, 1, 8, -1, 0}, {"name", 1043, 16384, 2, -1, 104, 1}};
    const std::vector<std::optional<std::string>> values{"17", std::nullopt, "", "a longer value"};
    const std::vector<std::string> unknown{"_pq_.one", "_pq_.two"};
    return {
        written([](text out) { append_error(out, {"ERROR", "42P01", "no such table", "detail", "hint"}); }),
        written([](text out) { append_notice(out, {"WARNING", "01000", "careful", "", ""}); }),
        written([](text out) { append_authentication_ok(out); }),
        written([](text out) { append_authentication_cleartext(out); }),
        written([](text out) { append_authentication_md5(out, "salt"); }),
        written([](text out) { append_authentication_sasl(out, mechanisms); }),
        written([](text out) { append_authentication_sasl_continue(out, "r=nonce,s=c2FsdA==,i=4096"); }),
        written([](text out) { append_authentication_sasl_final(out, "v=c2lnbmF0dXJl"); }),
        written([](text out) { append_parameter_status(out, "server_version", "15.8"); }),
        written([](text out) { append_key_data(out, 4711, "\1\2\3\4"); }),
        written([](text out) { append_key_data(out, 4711, std::string(32, 'k')); }),
        written([](text out) { append_ready_for_query(out, 'T'); }),
        written([&](text out) { append_row_description(out, columns); }),
        written([&](text out) { append_data_row(out, values); }),
        written([](text out) { append_command_complete(out, "SELECT 1"); }),
        written([](text out) { append_notification(out, 99, "jobs", "payload"); }),
        written([&](text out) { append_negotiate_protocol_version(out, 0, unknown); }),
        written([](text out) { append_parse_complete(out); }),
        written([](text out) { append_empty_query(out); }),
    };
}

inline std::vector<std::string> startup_samples() {
    using namespace wire;
    using text = std::string&;
    return {
        written([](text out) { append_startup(out, {{"user", "app"}, {"database", "shop"}, {"options", "-c a=b"}}); }),
        written([](text out) { append_startup(out, {{"user", "app"}, {"_pq_.extension", "on"}}, 2); }),
        written([](text out) { append_startup(out, {}); }),
        written([](text out) { append_ssl_request(out); }),
        written([](text out) { append_gssenc_request(out); }),
        written([](text out) { append_cancel_request(out, 4711, "\1\2\3\4"); }),
        written([](text out) { append_cancel_request(out, 4711, std::string(32, 'k')); }),
    };
}

inline std::vector<std::string> option_samples() {
    return {
        "-c geqo=off -c statement_timeout=5min",
        "--search-path=a,b  -cwork_mem=1MB",
        "-c application_name=two\\ words\\\\ --DateStyle=ISO,\\ MDY --",
        "-c geqo",
        "-d 5 stray",
    };
}

}  // namespace pgweir::test

#include "wire/backend.hpp"

#include <gtest/gtest.h>

#include <array>

#include "wire/exact_copy.hpp"
#include "wire/frame.hpp"
#include "wire/messages.hpp"

namespace pgweir::wire {
namespace {

using test::backend_body;
using test::exact_copy;
using test::expect_exact_size;
using test::raw;

TEST(backend, error_round_trip) {
    std::string out;
    append_error(out, {"FATAL", "53300", "too many", "detail text", "hint text"});
    const auto body = backend_body(out, backend::error);
    const auto read = decode_error(body);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->severity(), "FATAL");
    EXPECT_EQ(read->field('S'), "FATAL");
    EXPECT_EQ(read->sqlstate(), "53300");
    EXPECT_EQ(read->message(), "too many");
    EXPECT_EQ(read->detail(), "detail text");
    EXPECT_EQ(read->hint(), "hint text");
    EXPECT_EQ(read->field('q'), "");
    expect_exact_size(body, decode_error);
}

TEST(backend, error_leaves_out_what_is_empty) {
    std::string out;
    append_notice(out, {.severity = "WARNING", .sqlstate = "01000", .message = "careful"});
    EXPECT_EQ(backend_body(out, backend::notice), raw("SWARNING\0VWARNING\0C01000\0Mcareful\0\0"));
}

TEST(backend, error_prefers_the_untranslated_severity) {
    EXPECT_EQ(decode_error(raw("SFEHLER\0VERROR\0\0"))->severity(), "ERROR");
    EXPECT_EQ(decode_error(raw("SFEHLER\0\0"))->severity(), "FEHLER");
}

TEST(backend, error_with_odd_fields_is_harmless) {
    const auto none = decode_error(raw("\0"));
    ASSERT_TRUE(none);
    EXPECT_EQ(none->sqlstate(), "");
    EXPECT_EQ(none->message(), "");
    const auto doubled = decode_error(raw("C57014\0CXX000\0C\0Mone\0Mtwo\0\0"));
    ASSERT_TRUE(doubled);
    EXPECT_EQ(doubled->sqlstate(), "57014");
    EXPECT_EQ(doubled->message(), "one");
    EXPECT_EQ(decode_error(raw("C\0\0"))->sqlstate(), "");
    EXPECT_EQ(error_fields().message(), "");
}

TEST(backend, error_without_an_end_is_refused) {
    EXPECT_EQ(decode_error("").error(), error_code::truncated);
    EXPECT_EQ(decode_error("Mtext").error(), error_code::missing_terminator);
    EXPECT_EQ(decode_error(raw("Mtext\0")).error(), error_code::truncated);
    EXPECT_EQ(decode_error(raw("Mtext\0\0\0")).error(), error_code::trailing_bytes);
}

TEST(backend, error_text_cannot_forge_fields) {
    std::string out;
    append_error(out, {"ERROR", "XX000", raw("text\0C00000"), {}, {}});
    EXPECT_EQ(decode_error(backend_body(out, backend::error))->sqlstate(), "XX000");
    EXPECT_EQ(decode_error(backend_body(out, backend::error))->message(), "text");
}

TEST(backend, parameter_status_round_trip) {
    std::string out;
    append_parameter_status(out, "TimeZone", "Europe/Berlin");
    const auto body = backend_body(out, backend::parameter_status);
    EXPECT_EQ(decode_parameter_status(body)->name, "TimeZone");
    EXPECT_EQ(decode_parameter_status(body)->value, "Europe/Berlin");
    expect_exact_size(body, decode_parameter_status);
}

TEST(backend, key_data_round_trip) {
    for (const std::size_t size : {std::size_t{4}, std::size_t{5}, std::size_t{256}}) {
        const std::string secret(size, '\0');
        std::string out;
        append_key_data(out, 4711, secret);
        const exact_copy body(backend_body(out, backend::key_data));
        const auto read = decode_key_data(body.view());
        ASSERT_TRUE(read);
        EXPECT_EQ(read->process_id, 4711);
        EXPECT_EQ(read->secret, secret);
    }
    for (const std::size_t size : {0u, 3u, 4u, 7u, 4u + 257u}) {
        const exact_copy body(std::string(size, 'k'));
        EXPECT_FALSE(decode_key_data(body.view())) << size;
    }
}

TEST(backend, ready_for_query_round_trip) {
    for (const char status : {'I', 'T', 'E'}) {
        std::string out;
        append_ready_for_query(out, status);
        const auto body = backend_body(out, backend::ready_for_query);
        EXPECT_EQ(*decode_ready_for_query(body), status);
        expect_exact_size(body, decode_ready_for_query);
    }
    for (int status = 0; status < 256; ++status) {
        const char raw_status = static_cast<char>(status);
        const bool legal = status == 'I' || status == 'T' || status == 'E';
        EXPECT_EQ(decode_ready_for_query({&raw_status, 1}).has_value(), legal) << status;
    }
}

TEST(backend, command_complete_round_trip) {
    std::string out;
    append_command_complete(out, "INSERT 0 1");
    const auto body = backend_body(out, backend::command_complete);
    EXPECT_EQ(*decode_command_complete(body), "INSERT 0 1");
    expect_exact_size(body, decode_command_complete);
}

TEST(backend, authentication_without_data) {
    std::string out;
    append_authentication_ok(out);
    auto body = backend_body(out, backend::authentication);
    EXPECT_EQ(decode_authentication(body)->kind, 0);
    expect_exact_size(body, decode_authentication);
    out.clear();
    append_authentication_cleartext(out);
    body = backend_body(out, backend::authentication);
    EXPECT_EQ(decode_authentication(body)->kind, static_cast<std::int32_t>(authentication_kind::cleartext));
    expect_exact_size(body, decode_authentication);
}

TEST(backend, authentication_md5_has_a_salt_of_four_bytes) {
    std::string out;
    append_authentication_md5(out, raw("\0\1\2\3"));
    const auto body = backend_body(out, backend::authentication);
    EXPECT_EQ(decode_authentication(body)->kind, static_cast<std::int32_t>(authentication_kind::md5));
    EXPECT_EQ(decode_authentication(body)->data, raw("\0\1\2\3"));
    expect_exact_size(body, decode_authentication);
}

TEST(backend, authentication_sasl_round_trip) {
    const std::array<std::string_view, 2> mechanisms{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"};
    std::string out;
    append_authentication_sasl(out, mechanisms);
    const auto request = decode_authentication(backend_body(out, backend::authentication));
    ASSERT_TRUE(request);
    EXPECT_EQ(request->kind, static_cast<std::int32_t>(authentication_kind::sasl));
    const auto read = decode_sasl_mechanisms(request->data);
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, (std::vector<std::string_view>{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"}));
    expect_exact_size(request->data, decode_sasl_mechanisms);

    out.clear();
    append_authentication_sasl_continue(out, "r=nonce");
    EXPECT_EQ(decode_authentication(backend_body(out, backend::authentication))->kind, 11);
    EXPECT_EQ(decode_authentication(backend_body(out, backend::authentication))->data, "r=nonce");
    out.clear();
    append_authentication_sasl_final(out, "v=proof");
    EXPECT_EQ(decode_authentication(backend_body(out, backend::authentication))->kind, 12);
    EXPECT_EQ(decode_authentication(backend_body(out, backend::authentication))->data, "v=proof");
}

TEST(backend, authentication_of_an_unknown_kind_is_not_an_error) {
    EXPECT_EQ(decode_authentication(raw("\0\0\0\x63what"))->kind, 0x63);
    EXPECT_EQ(decode_authentication(raw("\0\0\0")).error(), error_code::truncated);
}

TEST(backend, row_description_round_trip) {
    const std::array<column, 2> columns{column{.name = "id", .type_oid = 20},
                                        column{"name", 1043, 16385, 2, -1, 104, 1}};
    std::string out;
    append_row_description(out, columns);
    const auto body = backend_body(out, backend::row_description);
    const auto read = decode_row_description(body);
    ASSERT_TRUE(read);
    ASSERT_EQ(read->size(), 2u);
    EXPECT_EQ((*read)[0].name, "id");
    EXPECT_EQ((*read)[0].type_oid, 20u);
    EXPECT_EQ((*read)[0].table_oid, 0u);
    EXPECT_EQ((*read)[0].format, 0);
    EXPECT_EQ((*read)[1].name, "name");
    EXPECT_EQ((*read)[1].table_oid, 16385u);
    EXPECT_EQ((*read)[1].table_column, 2);
    EXPECT_EQ((*read)[1].type_modifier, 104);
    EXPECT_EQ((*read)[1].format, 1);
    expect_exact_size(body, decode_row_description);
    EXPECT_EQ(decode_row_description(raw("\xff\xff")).error(), error_code::truncated);
}

TEST(backend, data_row_round_trip) {
    const std::vector<std::optional<std::string>> sent{"one", std::nullopt, "", std::string(raw("\0\1"))};
    std::string out;
    append_data_row(out, sent);
    const auto body = backend_body(out, backend::data_row);
    std::vector<std::optional<std::string_view>> read{"left from the row before"};
    ASSERT_FALSE(decode_data_row(body, read));
    ASSERT_EQ(read.size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) EXPECT_EQ(read[i], sent[i]) << i;
    expect_exact_size(body, [&read](base::bytes_view cut) { return decode_data_row(cut, read); });
}

TEST(backend, data_row_refuses_lengths_outside_the_body) {
    std::vector<std::optional<std::string_view>> values;
    for (const auto body :
         {raw("\0\1\0\0\0\4"
              "abc"),
          raw("\0\1\xff\xff\xff\xfe"
              "abc"),
          raw("\0\1\x80\0\0\0"), raw("\0\1\x7f\xff\xff\xff"), raw("\xff\xff\0\0\0\0"), raw("\0\2\0\0\0\0")}) {
        const exact_copy copy(body);
        EXPECT_EQ(decode_data_row(copy.view(), values), error_code::truncated);
    }
}

TEST(backend, notification_round_trip) {
    std::string out;
    append_notification(out, 77, "channel", "payload");
    const auto body = backend_body(out, backend::notification);
    EXPECT_EQ(decode_notification(body)->process_id, 77);
    EXPECT_EQ(decode_notification(body)->channel, "channel");
    EXPECT_EQ(decode_notification(body)->payload, "payload");
    expect_exact_size(body, decode_notification);
}

TEST(backend, negotiate_protocol_version_round_trip) {
    std::string out;
    append_negotiate_protocol_version(out, 2, std::vector<std::string>{"_pq_.a", "_pq_.b"});
    const auto body = backend_body(out, backend::negotiate_protocol_version);
    // Libpq takes this number for the whole version, not for the minor one that the manual names.
    EXPECT_EQ(body.substr(0, 4), raw("\0\3\0\2"));
    const auto read = decode_negotiate_protocol_version(body);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->minor_version, 2);
    EXPECT_EQ(read->unknown_options, (std::vector<std::string_view>{"_pq_.a", "_pq_.b"}));
    expect_exact_size(body, decode_negotiate_protocol_version);
    EXPECT_EQ(decode_negotiate_protocol_version(raw("\0\3\0\0\x7f\xff\xff\xff")).error(),
              error_code::missing_terminator);
    EXPECT_EQ(decode_negotiate_protocol_version(raw("\0\3\0\0\xff\xff\xff\xff")).error(), error_code::bad_value);
    EXPECT_EQ(decode_negotiate_protocol_version(raw("\0\2\0\0\0\0\0\0")).error(), error_code::bad_value);
}

TEST(backend, messages_without_a_body) {
    std::string out;
    append_parse_complete(out);
    append_bind_complete(out);
    append_close_complete(out);
    append_empty_query(out);
    append_no_data(out);
    EXPECT_EQ(out, raw("1\0\0\0\4"
                       "2\0\0\0\4"
                       "3\0\0\0\4I\0\0\0\4n\0\0\0\4"));
}

}  // namespace
}  // namespace pgweir::wire

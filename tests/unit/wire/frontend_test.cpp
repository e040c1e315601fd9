#include "wire/frontend.hpp"

#include <gtest/gtest.h>

#include "wire/exact_copy.hpp"
#include "wire/frame.hpp"
#include "wire/messages.hpp"

namespace pgweir::wire {
namespace {

using test::exact_copy;
using test::expect_exact_size;
using test::frontend_body;
using test::raw;

TEST(frontend, query_round_trip) {
    std::string out;
    append_query(out, "select 1; select 'ü'");
    const auto body = frontend_body(out, frontend::query);
    EXPECT_EQ(*decode_query(body), "select 1; select 'ü'");
    expect_exact_size(body, decode_query);
    EXPECT_EQ(*decode_query(raw("\0")), "");
    EXPECT_EQ(decode_query("").error(), error_code::missing_terminator);
    EXPECT_EQ(decode_query(raw("a\0b\0")).error(), error_code::trailing_bytes);
}

TEST(frontend, parse_round_trip) {
    std::string out;
    append_parse(out, "s1", "select $1, $2", raw("\0\0\0\x17\0\0\0\x19"));
    const auto body = frontend_body(out, frontend::parse);
    const auto message = decode_parse(body);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->statement, "s1");
    EXPECT_EQ(message->text, "select $1, $2");
    EXPECT_EQ(message->parameter_types, raw("\0\0\0\x17\0\0\0\x19"));
    expect_exact_size(body, decode_parse);
}

TEST(frontend, parse_counts_types_without_a_sign) {
    const std::string types(65535 * 4, '\1');
    std::string out;
    append_parse(out, "", "", types);
    EXPECT_EQ(decode_parse(frontend_body(out, frontend::parse))->parameter_types.size(), types.size());
    EXPECT_EQ(decode_parse(raw("\0\0\xff\xff")).error(), error_code::truncated);
}

TEST(frontend, bind_round_trip) {
    bind_message sent{"p", "s", {1, 0, 1}, {raw("a\0b"), std::nullopt, ""}, {1}};
    std::string out;
    append_bind(out, sent);
    const auto body = frontend_body(out, frontend::bind);
    const auto read = decode_bind(body);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->portal, "p");
    EXPECT_EQ(read->statement, "s");
    EXPECT_EQ(read->parameter_formats, sent.parameter_formats);
    EXPECT_EQ(read->values, sent.values);
    EXPECT_EQ(read->result_formats, sent.result_formats);
    expect_exact_size(body, decode_bind);
}

TEST(frontend, bind_wants_no_format_one_or_one_for_each_value) {
    for (const std::size_t formats : {0u, 1u, 3u}) {
        std::string out;
        append_bind(out, {"", "", std::vector<std::int16_t>(formats), {"a", "b", "c"}, {}});
        EXPECT_TRUE(decode_bind(frontend_body(out, frontend::bind))) << formats;
    }
    for (const std::size_t formats : {2u, 4u}) {
        std::string out;
        append_bind(out, {"", "", std::vector<std::int16_t>(formats), {"a", "b", "c"}, {}});
        EXPECT_EQ(decode_bind(frontend_body(out, frontend::bind)).error(), error_code::bad_count) << formats;
    }
}

TEST(frontend, bind_refuses_value_lengths_outside_the_body) {
    const auto with_length = [](std::string_view length) {
        return std::string(raw("\0\0\0\0\0\1")) + std::string(length) + std::string(raw("abc\0\0"));
    };
    EXPECT_TRUE(decode_bind(with_length(raw("\0\0\0\3"))));
    for (const auto length :
         {raw("\0\0\0\4"), raw("\0\0\0\6"), raw("\x7f\xff\xff\xff"), raw("\xff\xff\xff\xfe"), raw("\x80\0\0\0")}) {
        const exact_copy body(with_length(length));
        EXPECT_EQ(decode_bind(body.view()).error(), error_code::truncated);
    }
}

TEST(frontend, bind_head_is_found_as_soon_as_both_names_are_there) {
    std::string out;
    append_bind(out, {"portal", "statement", {}, {"value"}, {}});
    const auto body = frontend_body(out, frontend::bind);
    const std::size_t names = sizeof("portal") + sizeof("statement");
    for (std::size_t size = 0; size <= body.size(); ++size) {
        const exact_copy prefix(body.substr(0, size));
        const auto head = decode_bind_head(prefix.view(), false);
        ASSERT_TRUE(head);
        ASSERT_EQ(head->has_value(), size >= names) << size;
        if (size < names) {
            EXPECT_EQ(decode_bind_head(prefix.view(), true).error(), error_code::missing_terminator) << size;
            continue;
        }
        EXPECT_EQ((*head)->portal, "portal");
        EXPECT_EQ((*head)->statement, "statement");
        EXPECT_EQ((*head)->size, names);
    }
}

TEST(frontend, bind_head_can_be_replaced_without_touching_the_rest) {
    std::string out;
    append_bind(out, {"portal", "client name", {1}, {"value", std::nullopt}, {0, 1}});
    const auto body = frontend_body(out, frontend::bind);
    const auto head = decode_bind_head(body, true);
    ASSERT_TRUE(head && head->has_value());
    const auto rest = body.substr((*head)->size);

    std::string changed;
    append_bind_head(changed, (*head)->portal, "another name", rest.size());
    changed += rest;
    const auto read = decode_bind(frontend_body(changed, frontend::bind));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->portal, "portal");
    EXPECT_EQ(read->statement, "another name");
    EXPECT_EQ(read->values.size(), 2u);
    EXPECT_EQ(read->result_formats, (std::vector<std::int16_t>{0, 1}));
}

TEST(frontend, describe_and_close_round_trip) {
    std::string out;
    append_describe(out, 'P', "portal");
    auto body = frontend_body(out, frontend::describe);
    EXPECT_EQ(decode_target(body)->kind, 'P');
    EXPECT_EQ(decode_target(body)->name, "portal");
    expect_exact_size(body, decode_target);
    out.clear();
    append_close(out, 'S', "");
    body = frontend_body(out, frontend::close);
    EXPECT_EQ(decode_target(body)->kind, 'S');
    EXPECT_EQ(decode_target(body)->name, "");
    expect_exact_size(body, decode_target);
    for (const auto odd : {raw("s\0"), raw("X\0"), raw("\0\0")}) {
        EXPECT_EQ(decode_target(odd).error(), error_code::bad_target);
    }
}

TEST(frontend, execute_round_trip) {
    std::string out;
    append_execute(out, "cursor", 100);
    const auto body = frontend_body(out, frontend::execute);
    EXPECT_EQ(decode_execute(body)->portal, "cursor");
    EXPECT_EQ(decode_execute(body)->max_rows, 100);
    expect_exact_size(body, decode_execute);
    EXPECT_EQ(decode_execute(raw("\0\xff\xff\xff\xff"))->max_rows, -1);
}

TEST(frontend, function_call_round_trip) {
    function_call sent{4026531840u, {0, 1}, {"1", std::nullopt}, 1};
    std::string out;
    append_function_call(out, sent);
    const auto body = frontend_body(out, frontend::function_call);
    const auto read = decode_function_call(body);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->function, sent.function);
    EXPECT_EQ(read->argument_formats, sent.argument_formats);
    EXPECT_EQ(read->arguments, sent.arguments);
    EXPECT_EQ(read->result_format, 1);
    expect_exact_size(body, decode_function_call);
    sent.argument_formats = {0, 0, 0};
    out.clear();
    append_function_call(out, sent);
    EXPECT_EQ(decode_function_call(frontend_body(out, frontend::function_call)).error(), error_code::bad_count);
}

TEST(frontend, password_round_trip) {
    std::string out;
    append_password(out, "s3cret with space");
    const auto body = frontend_body(out, frontend::password);
    EXPECT_EQ(*decode_password(body), "s3cret with space");
    expect_exact_size(body, decode_password);
    EXPECT_EQ(decode_password(raw("a\0b\0")).error(), error_code::bad_password_packet);
    EXPECT_EQ(decode_password("").error(), error_code::bad_password_packet);
}

TEST(frontend, sasl_initial_response_round_trip) {
    std::string out;
    append_sasl_initial_response(out, "SCRAM-SHA-256", "n,,n=,r=nonce");
    const auto body = frontend_body(out, frontend::password);
    const auto read = decode_sasl_initial_response(body);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->mechanism, "SCRAM-SHA-256");
    EXPECT_TRUE(read->has_data);
    EXPECT_EQ(read->data, "n,,n=,r=nonce");
    expect_exact_size(body, decode_sasl_initial_response);
}

TEST(frontend, sasl_initial_response_lengths) {
    const auto absent = decode_sasl_initial_response(raw("M\0\xff\xff\xff\xff"));
    ASSERT_TRUE(absent);
    EXPECT_FALSE(absent->has_data);
    const auto empty = decode_sasl_initial_response(raw("M\0\0\0\0\0"));
    ASSERT_TRUE(empty);
    EXPECT_TRUE(empty->has_data);
    EXPECT_EQ(empty->data, "");
    for (const auto body : {raw("M\0\xff\xff\xff\xfe"
                                "abc"),
                            raw("M\0\x80\0\0\0"
                                "abc"),
                            raw("M\0\x7f\xff\xff\xff"
                                "abc"),
                            raw("M\0\0\0\0\4"
                                "abc")}) {
        const exact_copy copy(body);
        EXPECT_EQ(decode_sasl_initial_response(copy.view()).error(), error_code::truncated);
    }
    EXPECT_EQ(decode_sasl_initial_response(raw("M\0\0\0\0\2"
                                               "abc"))
                  .error(),
              error_code::trailing_bytes);
    EXPECT_EQ(decode_sasl_initial_response(raw("M\0\xff\xff\xff\xff"
                                               "a"))
                  .error(),
              error_code::trailing_bytes);
}

TEST(frontend, sasl_response_is_its_data) {
    std::string out;
    append_sasl_response(out, raw("c=biws\0"));
    EXPECT_EQ(frontend_body(out, frontend::password), raw("c=biws\0"));
}

TEST(frontend, messages_without_a_body) {
    std::string out;
    append_sync(out);
    append_flush(out);
    append_terminate(out);
    EXPECT_EQ(out, raw("S\0\0\0\4H\0\0\0\4X\0\0\0\4"));
}

TEST(frontend, copy_fail_carries_a_reason) {
    std::string out;
    append_copy_fail(out, "client gone");
    EXPECT_EQ(frontend_body(out, frontend::copy_fail), raw("client gone\0"));
}

TEST(frontend, names_cannot_forge_fields) {
    std::string out;
    append_parse(out, raw("s\0select 1\0"), "select 2", "");
    EXPECT_EQ(decode_parse(frontend_body(out, frontend::parse))->text, "select 2");
    out.clear();
    append_bind_head(out, raw("p\0q"), raw("s\0t"), 0);
    EXPECT_EQ(frontend_body(out, frontend::bind), raw("p\0s\0"));
}

}  // namespace
}  // namespace pgweir::wire

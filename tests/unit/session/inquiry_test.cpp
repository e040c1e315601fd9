#include "session/inquiry.hpp"

#include <gtest/gtest.h>

#include <array>

#include "session/messages.hpp"

namespace pgweir::session::test {
namespace {

using step = inquiry::step;

std::string answer_of(std::vector<std::optional<std::string>> values, char status = 'I') {
    std::string out;
    wire::append_row_description(out, std::vector<wire::column>(values.size(), {.name = "n"}));
    wire::append_data_row(out, values);
    wire::append_command_complete(out, "SELECT 1");
    wire::append_ready_for_query(out, status);
    return out;
}

std::string error_then(char status) {
    std::string out;
    wire::append_error(out, {.sqlstate = "42501", .message = "permission denied"});
    wire::append_ready_for_query(out, status);
    return out;
}

struct inquiry_test : testing::Test {
    inquiry_test() {
        server.unnamed_client = 7;
        asked.start("SELECT 1, NULL", sent);
    }

    step receive(std::string_view bytes) { return asked.receive(bytes, consumed); }

    server_state server;
    inquiry asked{server};
    std::string sent;
    std::size_t consumed = 0;
};

TEST_F(inquiry_test, asks_by_a_simple_query_which_ends_the_unnamed_statement) {
    EXPECT_EQ(sent, pgweir::test::query("SELECT 1, NULL"));
    EXPECT_EQ(server.unnamed_client, 0U);
}

TEST_F(inquiry_test, rows_come_whole) {
    const std::string answer = answer_of({"17", std::nullopt, ""});
    EXPECT_EQ(receive(answer), step::answered);
    EXPECT_EQ(consumed, answer.size());
    EXPECT_EQ(asked.rows(), std::vector<inquiry::row>({{"17", std::nullopt, ""}}));
}

TEST_F(inquiry_test, cut_at_every_byte) {
    const std::string answer = answer_of({"17"});
    for (std::size_t cut = 0; cut < answer.size(); ++cut) {
        inquiry each(server);
        std::size_t first = 0;
        std::size_t second = 0;
        EXPECT_EQ(each.receive(answer.substr(0, cut), first), step::wait);
        EXPECT_EQ(each.receive(answer.substr(first), second), step::answered) << cut;
        EXPECT_EQ(first + second, answer.size());
        EXPECT_EQ(each.rows().size(), 1U);
    }
}

TEST_F(inquiry_test, an_error_leaves_the_server_as_it_was) {
    EXPECT_EQ(receive(error_then('I')), step::refused);
}

TEST_F(inquiry_test, a_server_in_a_transaction_is_none_to_go_on_with) {
    EXPECT_EQ(receive(answer_of({"1"}, 'T')), step::broken);
    EXPECT_EQ(inquiry(server).receive(error_then('E'), consumed), step::broken);
}

TEST_F(inquiry_test, what_nobody_asked_for) {
    std::string status;
    wire::append_parameter_status(status, "TimeZone", "UTC");
    std::string notified;
    wire::append_notification(notified, 1, "news", "");
    std::string copied = pgweir::test::bare('G');
    std::string oversized = answer_of({std::string(70'000, 'x')});
    std::string endless;
    for (std::size_t i = 0; i <= inquiry::most_rows; ++i)
        wire::append_data_row(endless, std::array{std::optional<std::string>("1")});
    for (const std::string& answer : {status, notified, copied, oversized, endless, std::string("garbage: no message")})
        EXPECT_EQ(inquiry(server).receive(answer, consumed), step::broken);
}

}  // namespace
}  // namespace pgweir::session::test

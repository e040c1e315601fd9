#include "cli/console_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "admin/result_table.hpp"
#include "relay/console_session.hpp"
#include "session/messages.hpp"

namespace pgweir::cli {
namespace {

using test::data_row;
using test::ready;
using test::row_description;
using testing::ElementsAre;
using testing::IsEmpty;

struct console_answer_test : testing::Test {
    /// What is not taken is kept, as the client does.
    base::status receive(base::bytes_view bytes) {
        unread += bytes;
        std::size_t consumed = 0;
        const auto failed = answer.receive(unread, consumed);
        EXPECT_LE(consumed, unread.size());
        unread.erase(0, consumed);
        return failed;
    }

    static std::string greeting() {
        std::string bytes;
        wire::append_authentication_ok(bytes);
        relay::console_session::greet(bytes);
        return bytes;
    }

    static std::string shown() {
        using admin::result_table;
        result_table table({{"name"}, {"value", result_table::type::number}, {"more"}});
        table.add({"one", "1", std::nullopt});
        table.add({"two", "2", ""});
        std::string bytes;
        table.append_to(bytes);
        return bytes + ready('I');
    }

    console_answer answer;
    std::string unread;
};

TEST_F(console_answer_test, a_login_ends_when_the_console_is_ready) {
    EXPECT_FALSE(receive(greeting().substr(0, greeting().size() - 1)));
    EXPECT_FALSE(answer.complete());
    EXPECT_FALSE(receive(greeting().substr(greeting().size() - 1)));
    EXPECT_TRUE(answer.complete());
    EXPECT_FALSE(answer.refusal());
    EXPECT_THAT(answer.table().columns, IsEmpty());
}

TEST_F(console_answer_test, a_table_is_what_the_console_shows) {
    EXPECT_FALSE(receive(shown()));
    ASSERT_TRUE(answer.complete());
    const console_table& table = answer.table();
    ASSERT_EQ(table.columns.size(), 3U);
    EXPECT_EQ(table.columns[0].name, "name");
    EXPECT_FALSE(table.columns[0].is_number);
    EXPECT_EQ(table.columns[1].name, "value");
    EXPECT_TRUE(table.columns[1].is_number);
    EXPECT_THAT(table.rows, ElementsAre(ElementsAre("one", "1", std::nullopt), ElementsAre("two", "2", "")));
}

TEST_F(console_answer_test, bytes_may_come_one_by_one) {
    for (const char c : shown()) {
        EXPECT_FALSE(answer.complete());
        ASSERT_FALSE(receive({&c, 1}));
    }
    EXPECT_TRUE(answer.complete());
    EXPECT_EQ(answer.table().rows.size(), 2U);
    EXPECT_EQ(unread, "");
}

TEST_F(console_answer_test, what_follows_the_answer_is_left) {
    EXPECT_FALSE(receive(ready('I') + ready('I')));
    EXPECT_EQ(unread, ready('I'));
}

TEST_F(console_answer_test, an_error_is_kept_and_the_first_counts) {
    std::string first;
    wire::append_error(first, {.sqlstate = "42704", .message = "unknown name: x", .hint = "Try SHOW HELP."});
    EXPECT_FALSE(receive(first + test::error("XX000", "and more") + ready('I')));
    EXPECT_TRUE(answer.complete());
    ASSERT_TRUE(answer.refusal());
    EXPECT_EQ(answer.refusal()->sqlstate, "42704");
    EXPECT_EQ(answer.refusal()->message, "unknown name: x");
    EXPECT_EQ(answer.refusal()->hint, "Try SHOW HELP.");
}

TEST_F(console_answer_test, a_last_word_is_known_though_nothing_follows) {
    EXPECT_FALSE(receive(test::error("57P01", "going", "FATAL")));
    EXPECT_FALSE(answer.complete());
    ASSERT_TRUE(answer.refusal());
    EXPECT_EQ(answer.refusal()->message, "going");
}

TEST_F(console_answer_test, a_command_without_a_result_has_no_columns) {
    EXPECT_FALSE(receive(test::notice("careful") + test::complete("RELOAD") + ready('I')));
    EXPECT_TRUE(answer.complete());
    EXPECT_FALSE(answer.refusal());
    EXPECT_THAT(answer.table().columns, IsEmpty());
}

TEST_F(console_answer_test, the_last_of_two_results_counts) {
    EXPECT_FALSE(receive(row_description("a") + data_row("1") + row_description("b") + ready('I')));
    EXPECT_EQ(answer.table().columns.at(0).name, "b");
    EXPECT_THAT(answer.table().rows, IsEmpty());
}

TEST_F(console_answer_test, who_asks_for_a_password_is_no_console) {
    std::string bytes;
    wire::append_authentication_cleartext(bytes);
    EXPECT_TRUE(receive(bytes));
}

TEST_F(console_answer_test, what_is_no_answer_is_an_error) {
    const std::vector<std::string> wrong{
        "HTTP/1.1 400 Bad Request\r\n",           // no such message
        std::string("Z\0\0\0\6I", 6),             // too long for its kind
        std::string("Z\0\0\0\5X", 6),             // no such status
        std::string("T\0\0\0\6\0\1", 7),          // a column that is not there
        row_description("a") + std::string("D\0\0\0\6\0\0", 7),
        data_row("a row without columns"),
        test::suspended(),
        test::copy_response('G'),
        std::string("D\x7f\xff\xff\xff", 5),      // legal, but nothing to wait for
    };
    for (const std::string& bytes : wrong) {
        console_answer fresh;
        std::size_t consumed = 0;
        EXPECT_TRUE(fresh.receive(bytes, consumed)) << bytes;
    }
}

TEST_F(console_answer_test, an_answer_that_is_cut_anywhere_is_not_complete) {
    const std::string whole = shown();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        console_answer cut;
        std::size_t consumed = 0;
        EXPECT_FALSE(cut.receive(whole.substr(0, size), consumed));
        EXPECT_FALSE(cut.complete()) << size;
    }
}

}  // namespace
}  // namespace pgweir::cli

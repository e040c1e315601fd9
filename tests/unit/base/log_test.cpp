#include "base/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <initializer_list>
#include <string>

namespace pgweir::base::log {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::IsEmpty;
using testing::MatchesRegex;

struct log_test : testing::Test {
    ~log_test() override { configure(level::info, format::text); }

    static std::string line(level how_loud, std::string_view name, std::initializer_list<field> fields) {
        testing::internal::CaptureStdout();
        event(how_loud, name, fields);
        return testing::internal::GetCapturedStdout();
    }
    static std::string value(const std::string& text) {
        const std::string all = line(level::error, "e", {{"k", text}});
        const auto at = all.find("k=");
        return at == std::string::npos ? all : all.substr(at + 2, all.size() - at - 3);
    }
};

TEST_F(log_test, a_line_has_time_level_event_and_fields) {
    configure(level::info, format::text);
    EXPECT_THAT(line(level::warning, "server_lost", {{"pool", "app/alice"}, {"after", seconds(1500ms)}}),
                MatchesRegex("[0-9-]+T[0-9:.]+[+-][0-9:]+ warning server_lost pool=app/alice after=1.500\n"));
}

TEST_F(log_test, values_that_could_be_misread_are_in_quotes) {
    configure(level::info, format::text);
    EXPECT_EQ(value("plain"), "plain");
    EXPECT_EQ(value(""), "\"\"");
    EXPECT_EQ(value("a b"), "\"a b\"");
    EXPECT_EQ(value("a=b"), "\"a=b\"");
    EXPECT_EQ(value("say \"hi\" \\"), "\"say \\\"hi\\\" \\\\\"");
    EXPECT_EQ(value("two\nlines\r\t"), "\"two\\u000alines\\u000d\\u0009\"");
}

TEST_F(log_test, no_value_controls_the_terminal) {
    configure(level::info, format::text);
    for (int code = 1; code < 0x20; ++code) {
        const char control = static_cast<char>(code);
        EXPECT_EQ(value(std::string("a") + control).find(control), std::string::npos) << code;
    }
    EXPECT_EQ(value(std::string("a\0b", 3)).find('\0'), std::string::npos);
}

TEST_F(log_test, as_json_every_value_is_a_string) {
    configure(level::info, format::json);
    EXPECT_THAT(line(level::info, "started", {{"workers", "2"}, {"name", "a \"b\"\n\x1b"}}),
                MatchesRegex("[{]\"time\":\"[^\"]+\",\"level\":\"info\",\"event\":\"started\",\"workers\":\"2\","
                             "\"name\":\"a \\\\\"b\\\\\"\\\\u000a\\\\u001b\"[}]\n"));
}

TEST_F(log_test, braces_and_percent_signs_mean_nothing) {
    configure(level::info, format::text);
    EXPECT_THAT(line(level::info, "e", {{"k", "{}%v{0}"}}), EndsWith(" e k={}%v{0}\n"));
}

TEST_F(log_test, what_is_less_important_is_not_written) {
    configure(level::warning, format::text);
    EXPECT_THAT(line(level::info, "e", {}), IsEmpty());
    EXPECT_THAT(line(level::warning, "e", {}), EndsWith(" warning e\n"));
    EXPECT_FALSE(enabled(level::info));
    EXPECT_TRUE(enabled(level::error));
    set_level(level::debug);
    EXPECT_TRUE(enabled(level::debug));
    EXPECT_THAT(line(level::debug, "e", {}), EndsWith(" debug e\n"));
    set_level(level::error);
    EXPECT_THAT(line(level::warning, "e", {}), IsEmpty());
    EXPECT_THAT(line(level::error, "e", {}), EndsWith(" error e\n"));
}

TEST(log_seconds, have_three_decimals) {
    EXPECT_EQ(seconds(0s), "0.000");
    EXPECT_EQ(seconds(61s + 2345us), "61.002");
}

}  // namespace
}  // namespace pgweir::base::log

#include "upstream/opening.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "auth/md5.hpp"
#include "upstream/opening_lab.hpp"

namespace pgweir::upstream::test {
namespace {

using namespace std::string_literals;
using pool::connect_failure;
using session::outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

const std::string ok = authentication(0);

TEST(opening, begins_with_the_startup_packet) {
    opening_request more = request();
    more.parameters = {{"replication", "database"}, {"application_name", "x"}};
    opening_lab lab(more);
    std::size_t consumed = 0;
    const auto packet = wire::read_startup(lab.out, consumed);
    ASSERT_TRUE(packet && *packet);
    EXPECT_EQ(consumed, lab.out.size());
    EXPECT_EQ((*packet)->minor_version, 0);
    EXPECT_THAT((*packet)->parameters, ElementsAre(Pair("user", "app"), Pair("database", "shop"),
                                                   Pair("replication", "database"), Pair("application_name", "x")));
}

TEST(opening, from_trust_to_a_session_that_can_be_lent) {
    opening_lab lab;
    lab.told();
    EXPECT_EQ(lab.send(ok), step::wait);
    EXPECT_EQ(lab.told(), "");
    EXPECT_EQ(lab.send(greeting()), step::wait);
    const std::string question = lab.told();
    EXPECT_EQ(question.substr(0, 1), "Q");
    for (const char* asked : {"search_path", "role", "default_transaction_isolation", "pg_is_in_recovery"})
        EXPECT_THAT(question, HasSubstr(asked));
    EXPECT_EQ(lab.send(baseline()), step::done);
    EXPECT_EQ(lab.told(), "");
    EXPECT_EQ(lab.unread, "");
}

TEST(opening, what_the_server_told_is_known) {
    opening_lab lab;
    ASSERT_EQ(lab.send(ok + greeting()), step::wait);
    ASSERT_EQ(lab.send(baseline()), step::done);
    const session::server_state state = lab.login.take_state();
    EXPECT_THAT(state.reported,
                ElementsAre(Pair("server_version", "17.2"), Pair("TimeZone", "UTC"), Pair("is_superuser", "off")));
    EXPECT_EQ(state.process_id, 4711);
    EXPECT_EQ(state.secret_key, "abcd");
    EXPECT_EQ(state.parse_context, "public\0none\0read committed\0f\0"s);
    EXPECT_THAT(state.baseline.entries(), ElementsAre(Pair("timezone", "UTC"))) << "what a client can set";
    EXPECT_EQ(state.actual, state.baseline);
    EXPECT_EQ(state.transaction_status, 'I');
    EXPECT_FALSE(state.dirty);
}

TEST(opening, values_of_the_baseline_keep_their_places) {
    const auto context = [](const std::vector<std::optional<std::string>>& values) {
        opening_lab lab;
        lab.send(ok + greeting());
        EXPECT_EQ(lab.send(baseline(values)), step::done);
        return lab.login.take_state().parse_context;
    };
    EXPECT_EQ(context({"", std::nullopt, "x", "f"}), "\0\0x\0f\0"s);
    EXPECT_NE(context({"a", "b", "x", "f"}), context({"ab", "", "x", "f"}));
}

TEST(opening, the_stamp_of_the_settings_of_the_role_stands_for_itself) {
    opening_lab lab;
    lab.send(ok + greeting());
    ASSERT_EQ(lab.send(baseline({"a", "b", "x", "f", "0 t {work_mem=5MB}", "1:743"})), step::done);
    const session::server_state state = lab.login.take_state();
    EXPECT_EQ(state.parse_context, "a\0b\0x\0f\0000 t {work_mem=5MB}\0"s);
    EXPECT_EQ(state.role_settings, "1:743");
}

TEST(opening, outside_the_pools_no_baseline_is_asked_for) {
    opening_request plain = request();
    plain.read_baseline = false;
    opening_lab lab(plain);
    lab.told();
    EXPECT_EQ(lab.send(ok + greeting()), step::done);
    EXPECT_EQ(lab.told(), "");
    EXPECT_EQ(lab.login.take_state().parse_context, "");
}

TEST(opening, notices_and_negotiation_are_passed_over) {
    std::string negotiation;
    wire::append_negotiate_protocol_version(negotiation, 0, {});
    opening_lab lab;
    EXPECT_EQ(lab.send(negotiation + pgweir::test::notice("one") + ok + pgweir::test::notice("two") + greeting()),
              step::wait);
    EXPECT_EQ(lab.send(pgweir::test::notice("three") + baseline()), step::done);
}

TEST(opening, what_follows_the_end_is_left) {
    opening_lab lab;
    lab.send(ok + greeting());
    const std::string more = pgweir::test::notice("later");
    EXPECT_EQ(lab.send(baseline() + more), step::done);
    EXPECT_EQ(lab.unread, more);
}

TEST(opening, a_password_is_given_as_it_is_asked_for) {
    opening_lab clear;
    clear.told();
    EXPECT_EQ(clear.send(authentication(3)), step::wait);
    EXPECT_EQ(clear.told(), "p\0\0\0\x0bpencil\0"s);
    EXPECT_EQ(clear.send(ok), step::wait);

    opening_lab hashed;
    hashed.told();
    EXPECT_EQ(hashed.send(authentication(5, "\1\2\3\4")), step::wait);
    const std::string response = auth::md5_response(auth::md5_hash("pencil", "app").value(), "\1\2\3\4").value();
    EXPECT_THAT(hashed.told(), HasSubstr(response));
}

/// The kind of failure and the words that a client is told.
std::pair<connect_failure, session::failure> failure_after(const std::string& bytes, opening_request what = request()) {
    opening_lab lab(std::move(what));
    lab.told();
    EXPECT_EQ(lab.send(bytes), step::failed);
    return {lab.login.failure().kind, lab.login.failure().words};
}

TEST(opening, an_error_of_the_server_is_told_in_its_own_words) {
    std::string error;
    wire::append_error(error, {.severity = "FATAL",
                               .sqlstate = "28P01",
                               .message = "password authentication failed for user \"app\"",
                               .detail = "a detail",
                               .hint = "a hint"});
    for (const std::string& before : {""s, authentication(5, "\1\2\3\4"), ok, ok + greeting()}) {
        const auto [kind, words] = failure_after(before + error);
        EXPECT_EQ(kind, connect_failure::login_rejected);
        EXPECT_EQ(words.reason, outcome::server_rejected);
        EXPECT_EQ(words.sqlstate, "28P01");
        EXPECT_EQ(words.message, "password authentication failed for user \"app\"");
        EXPECT_EQ(words.detail, "a detail");
        EXPECT_EQ(words.hint, "a hint");
    }
}

TEST(opening, what_an_error_means_for_further_connects) {
    const std::map<std::string, connect_failure> meanings{
        {"53300", connect_failure::refused_by_limit}, {"57P03", connect_failure::starting_up},
        {"57P01", connect_failure::starting_up},      {"57P02", connect_failure::starting_up},
        {"28P01", connect_failure::login_rejected},   {"28000", connect_failure::login_rejected},
        {"3D000", connect_failure::login_rejected},   {"42501", connect_failure::login_rejected}};
    for (const auto& [sqlstate, meaning] : meanings)
        EXPECT_EQ(failure_after(pgweir::test::error(sqlstate, "x", "FATAL")).first, meaning) << sqlstate;
}

TEST(opening, a_login_that_cannot_succeed_is_rejected) {
    for (const std::string& question : {authentication(3), authentication(5, "\1\2\3\4"), authentication(7),
                                        authentication(10, "SCRAM-SHA-256\0\0"s), authentication(99)}) {
        const auto [kind, words] = failure_after(question, request(""));
        EXPECT_EQ(kind, connect_failure::login_rejected);
        EXPECT_EQ(words.reason, outcome::server_rejected);
        EXPECT_THAT(words.message, HasSubstr("login at the server failed: "));
    }
}

TEST(opening, a_server_that_lets_us_in_without_its_proof_is_not_believed) {
    const auto [kind, words] = failure_after(authentication(10, "SCRAM-SHA-256\0\0"s) + ok);
    EXPECT_EQ(kind, connect_failure::login_rejected);
    EXPECT_EQ(words.reason, outcome::server_rejected);
}

TEST(opening, what_is_no_login_is_no_server) {
    const std::map<std::string, std::string> scripts{
        {"another protocol", "HTTP/1.1 400 Bad Request\r\n"},
        {"ready without authentication", pgweir::test::ready('I')},
        {"authenticated twice", ok + ok},
        {"authenticated again behind the greeting", ok + greeting() + ok},
        {"a message of another time", ok + pgweir::test::copy_response('G')},
        {"a status without an end", ok + "S\0\0\0\x08name"s},
        {"a key that is too long", ok + "K\0\0\2\0"s},
        {"a row that is cut", ok + greeting() + "D\0\0\0\x07\0\1\0"s},
    };
    for (const auto& [name, script] : scripts) {
        const auto [kind, words] = failure_after(script);
        EXPECT_EQ(kind, connect_failure::unreachable) << name;
        EXPECT_EQ(words.reason, outcome::server_unreachable) << name;
        EXPECT_NE(words.message, "") << name;
    }
}

TEST(opening, an_oversized_message_is_refused_before_it_is_here) {
    for (const std::string& head : {"E\x7f\xff\xff\xf0"s, "N\0\1\0\0"s, "D\0\1\0\0"s, "S\0\1\0\0"s}) {
        const auto [kind, words] = failure_after(ok + head);
        EXPECT_EQ(kind, connect_failure::unreachable);
        EXPECT_THAT(words.message, HasSubstr("oversized"));
    }
    opening_lab lab;
    EXPECT_EQ(lab.send(ok + "N\0\0\xff\xff"s), step::wait) << "64 KiB";
}

/// What a server says, one element for each time that it waits for an answer before.
std::vector<std::string> script_of(const std::string& method) {
    if (method == "trust") return {ok + greeting(), baseline()};
    if (method == "rejected") return {authentication(3), pgweir::test::error("28P01", "no", "FATAL")};
    std::vector<std::string> said;
    opening_lab lab;
    lab.told();
    const auto verifier = auth::make_verifier("pencil", "0123456789abcdef", 2);
    const auto known = auth::secret::parse("pencil").with_verifier(verifier);
    const auto wanted = method == "scram" ? auth::method::scram_sha_256
                        : method == "md5" ? auth::method::md5
                                          : auth::method::password;
    auth::client_login server(wanted, "app", known, auth::test::fixed_entropy(), auth::test::mock_key);
    std::string words;
    auto last = server.start(words);
    while (last == auth::client_login::step::send_and_wait) {
        said.push_back(std::exchange(words, {}));
        EXPECT_EQ(lab.send(said.back()), step::wait);
        last = server.receive(auth::test::body_of(lab.told()), words);
    }
    EXPECT_EQ(last, auth::client_login::step::send_and_done);
    said.push_back(words + greeting());
    said.push_back(baseline());
    return said;
}

class opening_script : public testing::TestWithParam<std::string> {
protected:
    std::vector<std::string> answers() const {
        opening_lab lab;
        lab.told();
        std::vector<std::string> heard;
        for (const auto& each : said) {
            EXPECT_EQ(lab.send(each), &each == &said.back() ? last : step::wait);
            heard.push_back(lab.told());
        }
        return heard;
    }

    const std::vector<std::string> said = script_of(GetParam());
    const step last = GetParam() == "rejected" ? step::failed : step::done;
};

TEST_P(opening_script, byte_by_byte_is_the_same) {
    const auto expected = answers();
    opening_lab lab;
    lab.told();
    for (std::size_t number = 0; number < said.size(); ++number) {
        for (std::size_t at = 0; at < said[number].size(); ++at) {
            const bool at_the_end = number + 1 == said.size() && at + 1 == said[number].size();
            ASSERT_EQ(lab.send(said[number].substr(at, 1)), at_the_end ? last : step::wait) << number << " byte " << at;
        }
        EXPECT_EQ(lab.told(), expected[number]);
    }
}

TEST_P(opening_script, cut_at_any_byte_waits_for_the_rest) {
    const auto expected = answers();
    for (std::size_t number = 0; number < said.size(); ++number) {
        for (std::size_t size = 0; size < said[number].size(); ++size) {
            opening_lab lab;
            for (std::size_t before = 0; before < number; ++before) lab.send(said[before]);
            lab.told();
            ASSERT_EQ(lab.send(said[number].substr(0, size)), step::wait) << number << " cut to " << size;
            ASSERT_EQ(lab.send(said[number].substr(size)), number + 1 == said.size() ? last : step::wait);
            ASSERT_EQ(lab.told(), expected[number]) << number << " cut to " << size;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(all, opening_script, testing::Values("trust", "password", "md5", "scram", "rejected"),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace pgweir::upstream::test

#include "auth/client_login.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "auth/conversation.hpp"
#include "auth/error.hpp"
#include "auth/md5.hpp"
#include "wire/error.hpp"

namespace pgweir::auth {
namespace {

using namespace test;
using namespace std::string_literals;
using step = client_login::step;

const auto clear_pencil = secret::parse("pencil");
const auto ready_pencil = clear_pencil.with_verifier(make_verifier("pencil", "0123456789abcdef", 2));

client_login login(method wanted, std::optional<secret> known) {
    return client_login(wanted, "app", std::move(known), fixed_entropy(), mock_key);
}

TEST(client_login, trust_asks_nothing) {
    std::string out;
    auto known = login(method::trust, std::nullopt);
    EXPECT_EQ(known.start(out), step::send_and_done);
    EXPECT_EQ(out, "R\0\0\0\x08\0\0\0\0"s);
    EXPECT_EQ(known.receive("pencil\0"s, out), step::failed);
}

TEST(client_login, the_first_question_of_each_method) {
    const auto question = [](method wanted, std::optional<secret> known) {
        std::string out;
        EXPECT_EQ(login(wanted, std::move(known)).start(out), step::send_and_wait);
        return body_of(out);
    };
    const auto verifier = secret::parse(to_text(make_verifier("pencil", "salt", 1)));
    const std::string sasl = authentication(10, "SCRAM-SHA-256\0\0"s);
    EXPECT_EQ(question(method::password, clear_pencil), authentication(3));
    EXPECT_EQ(question(method::md5, clear_pencil), authentication(5, "\1\2\3\4"));
    EXPECT_EQ(question(method::md5, std::nullopt), authentication(5, "\1\2\3\4"));
    EXPECT_EQ(question(method::md5, ready_pencil), authentication(5, "\1\2\3\4"));
    EXPECT_EQ(question(method::md5, verifier), sasl);
    EXPECT_EQ(question(method::scram_sha_256, clear_pencil), sasl);
    EXPECT_EQ(question(method::scram_sha_256, std::nullopt), sasl);
}

TEST(client_login, a_clear_password_is_kept_only_after_success) {
    std::string out;
    auto right = login(method::password, clear_pencil);
    right.start(out);
    EXPECT_EQ(right.clear_password(), "");
    EXPECT_EQ(right.receive("pencil\0"s, out), step::send_and_done);
    EXPECT_EQ(right.clear_password(), "pencil");
    EXPECT_FALSE(right.client_keys());
    EXPECT_EQ(split(out).back().body, authentication(0));

    auto wrong = login(method::password, clear_pencil);
    wrong.start(out);
    out.clear();
    EXPECT_EQ(wrong.receive("Pencil\0"s, out), step::failed);
    EXPECT_EQ(wrong.failure(), error_code::wrong_secret);
    EXPECT_EQ(wrong.clear_password(), "");
    EXPECT_EQ(out, "");
}

TEST(client_login, an_empty_password_is_never_right) {
    for (const auto& known : {secret::parse(""), secret::parse(to_text(make_verifier("", "salt", 1))),
                              secret::parse(md5_hash("", "app").value())}) {
        std::string out;
        auto attempt = login(method::password, known);
        attempt.start(out);
        EXPECT_EQ(attempt.receive("\0"s, out), step::failed);
        EXPECT_TRUE(is_refusal(attempt.failure()));
    }
}

TEST(client_login, a_password_message_must_be_one_string) {
    for (const method wanted : {method::password, method::md5})
        for (const auto& body : {""s, "pencil"s, "pencil\0x"s, "pen\0cil\0"s, "\0\0"s}) {
            std::string out;
            auto attempt = login(wanted, clear_pencil);
            attempt.start(out);
            out.clear();
            EXPECT_EQ(attempt.receive(body, out), step::failed);
            EXPECT_TRUE(attempt.failure() && !is_refusal(attempt.failure())) << attempt.failure().message();
            EXPECT_EQ(out, "");
        }
}

TEST(client_login, after_the_end_nothing_is_accepted) {
    std::string out;
    auto attempt = login(method::password, clear_pencil);
    attempt.start(out);
    EXPECT_EQ(attempt.receive("wrong\0"s, out), step::failed);
    EXPECT_EQ(attempt.receive("pencil\0"s, out), step::failed);

    auto unstarted = login(method::password, clear_pencil);
    EXPECT_EQ(unstarted.receive("pencil\0"s, out), step::failed);
}

TEST(client_login, only_the_offered_mechanism_is_taken) {
    for (const auto& name : {"SCRAM-SHA-256-PLUS"s, "SCRAM-SHA-1"s, "scram-sha-256"s, ""s, "SCRAM-SHA-256 "s}) {
        std::string out;
        auto attempt = login(method::scram_sha_256, ready_pencil);
        attempt.start(out);
        EXPECT_EQ(attempt.receive(name + "\0\0\0\0\x0bn,,n=,r=abc"s, out), step::failed) << name;
        EXPECT_EQ(attempt.failure(), error_code::protocol_violation);
    }
}

TEST(client_login, a_client_may_wait_for_an_empty_challenge) {
    std::string out;
    auto attempt = login(method::scram_sha_256, ready_pencil);
    attempt.start(out);
    out.clear();
    EXPECT_EQ(attempt.receive("SCRAM-SHA-256\0\xff\xff\xff\xff"s, out), step::send_and_wait);
    EXPECT_EQ(body_of(out), authentication(11));
    out.clear();
    EXPECT_EQ(attempt.receive("n,,n=,r=abc", out), step::send_and_wait);
    EXPECT_EQ(body_of(out).substr(0, 9), authentication(11, "r=abc"));
}

TEST(client_login, the_salt_of_an_unknown_user_is_stable_and_its_own) {
    const auto challenge = [](const std::string& user, std::string_view key, std::optional<secret> known) {
        std::string out;
        client_login attempt(method::scram_sha_256, user, std::move(known), fixed_entropy(), key);
        attempt.start(out);
        out.clear();
        attempt.receive("SCRAM-SHA-256\0\0\0\0\x0bn,,n=,r=abc"s, out);
        return body_of(out);
    };
    EXPECT_EQ(challenge("nobody", mock_key, std::nullopt), challenge("nobody", mock_key, std::nullopt));
    EXPECT_NE(challenge("nobody", mock_key, std::nullopt), challenge("noone", mock_key, std::nullopt));
    EXPECT_NE(challenge("nobody", mock_key, std::nullopt), challenge("nobody", "another process", std::nullopt));
    EXPECT_EQ(challenge("app", mock_key, std::nullopt), challenge("app", mock_key, clear_pencil));
    const auto stored = secret::parse(to_text(make_verifier("pencil", "0123456789abcdef")));
    EXPECT_EQ(challenge("app", mock_key, std::nullopt).size(), challenge("app", mock_key, stored).size());
}

}  // namespace
}  // namespace pgweir::auth

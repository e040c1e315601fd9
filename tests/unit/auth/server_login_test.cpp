#include "auth/server_login.hpp"

#include <gtest/gtest.h>

#include <string>

#include "auth/base64.hpp"
#include "auth/conversation.hpp"
#include "auth/error.hpp"
#include "auth/md5.hpp"
#include "auth/scram_server.hpp"

namespace pgweir::auth {
namespace {

using namespace test;
using namespace std::string_literals;
using step = server_login::step;

server_login login(credentials known) {
    return server_login(std::move(known), client_nonce, nullptr);
}

credentials with_password(const std::string& password = "pencil") {
    return {"app", password, std::nullopt, {}};
}

const std::string mechanisms = "SCRAM-SHA-256\0\0"s;

TEST(server_login, trust) {
    std::string out;
    auto attempt = login({"app", "", std::nullopt, {}});
    EXPECT_EQ(attempt.receive(authentication(0), out), step::done);
    EXPECT_EQ(out, "");
    EXPECT_EQ(attempt.receive(authentication(0), out), step::failed);
}

TEST(server_login, cleartext) {
    std::string out;
    auto attempt = login(with_password());
    EXPECT_EQ(attempt.receive(authentication(3), out), step::send);
    EXPECT_EQ(out, "p\0\0\0\x0bpencil\0"s);
    EXPECT_EQ(attempt.receive(authentication(0), out), step::done);
}

TEST(server_login, md5_from_a_password_or_a_stored_hash) {
    const auto stored = md5_hash("pencil", "app").value();
    const auto expected = md5_response(stored, "\1\0\3\4"s).value() + "\0"s;
    for (const auto& known : {with_password(), credentials{"app", "", std::nullopt, stored}}) {
        std::string out;
        auto attempt = login(known);
        EXPECT_EQ(attempt.receive(authentication(5, "\1\0\3\4"s), out), step::send);
        EXPECT_EQ(body_of(out), expected);
        EXPECT_EQ(attempt.receive(authentication(0), out), step::done);
    }
}

TEST(server_login, chooses_plain_scram_among_several) {
    std::string out;
    auto attempt = login(with_password());
    EXPECT_EQ(attempt.receive(authentication(10, "SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"s), out), step::send);
    EXPECT_EQ(body_of(out).substr(0, 14), "SCRAM-SHA-256\0"s);
    EXPECT_EQ(body_of(out).substr(18, 8), "n,,n=,r=");
}

TEST(server_login, mechanisms_we_do_not_have) {
    for (const auto& list : {"SCRAM-SHA-256-PLUS\0\0"s, "OAUTHBEARER\0\0"s, "\0"s}) {
        std::string out;
        auto attempt = login(with_password());
        EXPECT_EQ(attempt.receive(authentication(10, list), out), step::failed);
        EXPECT_EQ(attempt.failure(), error_code::unsupported_method);
    }
}

TEST(server_login, methods_we_do_not_have) {
    for (const auto& body : {authentication(2), authentication(7), authentication(9), authentication(99, "x")}) {
        std::string out;
        auto attempt = login(with_password());
        EXPECT_EQ(attempt.receive(body, out), step::failed);
        EXPECT_EQ(attempt.failure(), error_code::unsupported_method);
    }
}

TEST(server_login, without_a_password_a_question_cannot_be_answered) {
    const credentials only_hash{"app", "", std::nullopt, md5_hash("pencil", "app").value()};
    const credentials only_keys{"app", "", scram_keys{}, {}};
    const auto failure = [](const credentials& known, const std::string& question) {
        std::string out;
        auto attempt = login(known);
        EXPECT_EQ(attempt.receive(question, out), step::failed);
        EXPECT_EQ(out, "");
        return attempt.failure();
    };
    EXPECT_EQ(failure({"app", "", std::nullopt, {}}, authentication(3)), error_code::password_missing);
    EXPECT_EQ(failure({"app", "", std::nullopt, {}}, authentication(5, "salt")), error_code::password_missing);
    EXPECT_EQ(failure({"app", "", std::nullopt, {}}, authentication(10, mechanisms)), error_code::password_missing);
    EXPECT_EQ(failure(only_hash, authentication(3)), error_code::password_missing);
    EXPECT_EQ(failure(only_hash, authentication(10, mechanisms)), error_code::password_missing);
    EXPECT_EQ(failure(only_keys, authentication(3)), error_code::password_missing);
    EXPECT_EQ(failure(only_keys, authentication(5, "salt")), error_code::password_missing);
}

/// Our client in a SCRAM exchange with a server whose moves a test makes one by one.
struct scram_dialogue {
    explicit scram_dialogue(credentials known, std::string_view salt = "0123456789abcdef", std::uint32_t iterations = 2)
        : server(make_verifier("pencil", salt, iterations), "the server's nonce"), attempt(login(std::move(known))) {}

    step receive(const std::string& body) {
        out.clear();
        return attempt.receive(body, out);
    }
    void begin() {
        ASSERT_EQ(receive(authentication(10, mechanisms)), step::send);
        server_first = server.begin(body_of(out).substr(mechanisms.size() - 1 + 4)).value();
    }
    void prove() {
        begin();
        ASSERT_EQ(receive(authentication(11, server_first)), step::send);
        server_final = server.finish(body_of(out));
    }

    scram_server server;
    server_login attempt;
    std::string out;
    std::string server_first;
    base::result<std::string> server_final = error_code::wrong_secret;
};

TEST(server_login, scram_ends_only_after_the_server_proved_itself) {
    scram_dialogue talk(with_password());
    talk.prove();
    ASSERT_TRUE(talk.server_final);
    EXPECT_EQ(talk.receive(authentication(12, *talk.server_final)), step::wait);
    EXPECT_EQ(talk.receive(authentication(0)), step::done);
}

TEST(server_login, a_server_that_lets_us_in_without_proof_is_not_believed) {
    scram_dialogue early(with_password());
    early.begin();
    EXPECT_EQ(early.receive(authentication(0)), step::failed);
    EXPECT_EQ(early.attempt.failure(), error_code::server_not_authentic);

    scram_dialogue late(with_password());
    late.prove();
    EXPECT_EQ(late.receive(authentication(0)), step::failed);
    EXPECT_EQ(late.attempt.failure(), error_code::server_not_authentic);
}

TEST(server_login, a_tampered_signature_is_not_believed) {
    scram_dialogue talk(with_password());
    talk.prove();
    auto tampered = *talk.server_final;
    tampered[5] = tampered[5] == 'A' ? 'B' : 'A';
    EXPECT_EQ(talk.receive(authentication(12, tampered)), step::failed);
    EXPECT_EQ(talk.attempt.failure(), error_code::server_not_authentic);
    EXPECT_EQ(talk.receive(authentication(0)), step::failed);
}

TEST(server_login, messages_out_of_place_are_refused) {
    const auto violates = [](scram_dialogue& talk, const std::string& body) {
        EXPECT_EQ(talk.receive(body), step::failed);
        EXPECT_EQ(talk.attempt.failure(), error_code::protocol_violation);
        EXPECT_EQ(talk.out, "");
    };
    for (const auto& body : {authentication(11, "r=x"), authentication(12, "v=x")}) {
        scram_dialogue talk(with_password());
        violates(talk, body);
    }
    for (const auto& body : {authentication(3), authentication(5, "salt"), authentication(10, mechanisms),
                             authentication(12, "v=x"), authentication(11, "")}) {
        scram_dialogue talk(with_password());
        talk.begin();
        violates(talk, body);
    }
    for (const auto& body : {authentication(3), authentication(5, "salt"), authentication(10, mechanisms),
                             authentication(11, "r=x"), authentication(12, "")}) {
        scram_dialogue talk(with_password());
        talk.prove();
        violates(talk, body);
    }
    scram_dialogue answered(with_password());
    ASSERT_EQ(answered.receive(authentication(3)), step::send);
    violates(answered, authentication(3));
}

TEST(server_login, bad_challenges_end_the_login) {
    scram_dialogue foreign(with_password());
    foreign.begin();
    EXPECT_EQ(foreign.receive(authentication(11, "r=someone-elses-nonce,s=c2FsdA==,i=1")), step::failed);
    EXPECT_EQ(foreign.attempt.failure(), error_code::protocol_violation);

    scram_dialogue expensive(with_password());
    expensive.begin();
    EXPECT_EQ(expensive.receive(authentication(11, "r=" + base64_encode(client_nonce) + "z,s=c2FsdA==,i=1000001")),
              step::failed);
    EXPECT_EQ(expensive.attempt.failure(), error_code::iterations_out_of_bounds);
}

TEST(server_login, a_server_may_refuse_by_an_attribute) {
    scram_dialogue talk(with_password());
    talk.prove();
    EXPECT_EQ(talk.receive(authentication(12, "e=invalid-proof")), step::failed);
    EXPECT_EQ(talk.attempt.failure(), error_code::refused_by_server);
}

TEST(server_login, keys_of_a_client_log_in_where_the_verifier_is_the_same) {
    const auto verifier = make_verifier("pencil", "0123456789abcdef", 2);
    const digest salted = salted_password("pencil", verifier.salt, verifier.iterations);
    const scram_keys keys{client_key(salted), server_key(salted), verifier.salt, verifier.iterations};
    const auto known = [](scram_keys with) { return credentials{"app", "", std::move(with), {}}; };

    scram_dialogue same(known(keys));
    same.prove();
    ASSERT_TRUE(same.server_final);
    EXPECT_EQ(same.receive(authentication(12, *same.server_final)), step::wait);

    scram_dialogue without_salt(known({keys.client_key, keys.server_key, {}, 0}));
    without_salt.prove();
    EXPECT_TRUE(without_salt.server_final);

    scram_dialogue other_salt(known(keys), "fedcba9876543210");
    other_salt.begin();
    EXPECT_EQ(other_salt.receive(authentication(11, other_salt.server_first)), step::failed);
    EXPECT_EQ(other_salt.attempt.failure(), error_code::verifier_mismatch);

    scram_dialogue other_count(known(keys), verifier.salt, 3);
    other_count.begin();
    EXPECT_EQ(other_count.receive(authentication(11, other_count.server_first)), step::failed);
    EXPECT_EQ(other_count.attempt.failure(), error_code::verifier_mismatch);
}

TEST(server_login, many_logins_cost_one_pbkdf2) {
    scram_cache cache;
    const auto verifier = secret::parse(to_text(make_verifier("pencil", "0123456789abcdef", 2)));
    for (int i = 0; i < 20; ++i) {
        client_login asker(method::scram_sha_256, "app", verifier, fixed_entropy(), mock_key);
        server_login answerer(with_password(), "nonce " + std::to_string(i), &cache);
        EXPECT_TRUE(play(asker, answerer).server_is_in);
    }
    EXPECT_EQ(cache.misses(), 1U);
}

}  // namespace
}  // namespace pgweir::auth

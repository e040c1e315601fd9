#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "auth/conversation.hpp"
#include "auth/error.hpp"
#include "auth/md5.hpp"

/// Every method against every kind of secret, both of our roles talking to each other.
namespace pgweir::auth {
namespace {

using namespace test;

std::optional<secret> make_secret(const std::string& kind) {
    const auto verifier = make_verifier("pencil", "0123456789abcdef", 2);
    if (kind == "clear") return secret::parse("pencil");
    if (kind == "ready") return secret::parse("pencil").with_verifier(verifier);
    if (kind == "md5") return secret::parse(md5_hash("pencil", "app").value());
    if (kind == "verifier") return secret::parse(to_text(verifier));
    if (kind == "broken") return secret::parse("SCRAM-SHA-256$broken");
    return std::nullopt;
}

const std::map<std::string, method> methods = {
    {"trust", method::trust}, {"password", method::password}, {"md5", method::md5}, {"scram", method::scram_sha_256}};

class login_matrix : public testing::TestWithParam<std::tuple<std::string, std::string>> {
protected:
    const std::string method_name = std::get<0>(GetParam());
    const std::string kind = std::get<1>(GetParam());

    outcome play_with(const std::string& password, tampering tamper = {}) const {
        return play(methods.at(method_name), "app", make_secret(kind), password, std::move(tamper));
    }
    bool can_succeed() const {
        if (method_name == "trust") return true;
        return kind != "broken" && kind != "none" && !(method_name == "scram" && kind == "md5");
    }
};

TEST_P(login_matrix, the_right_password) {
    const auto result = play_with("pencil");
    EXPECT_EQ(result.client_is_in, can_succeed()) << result.refused_client.message();
    EXPECT_EQ(result.server_is_in, can_succeed()) << result.refused_server.message();
    EXPECT_EQ(bool(result.refused_client), !can_succeed());
    EXPECT_EQ(is_refusal(result.refused_client), !can_succeed());
}

TEST_P(login_matrix, a_wrong_password) {
    if (method_name == "trust") return;
    for (const std::string wrong : {"Pencil", "pencil ", "penci", "p", "\u00e9"}) {
        const auto result = play_with(wrong);
        EXPECT_FALSE(result.client_is_in) << wrong;
        EXPECT_FALSE(result.server_is_in) << wrong;
        EXPECT_TRUE(is_refusal(result.refused_client)) << result.refused_client.message();
        EXPECT_EQ(result.refused_client == error_code::wrong_secret, can_succeed());
    }
}

TEST_P(login_matrix, a_message_cut_at_any_byte_lets_nobody_in) {
    if (method_name == "trust") return;
    const auto whole = play_with("pencil").messages;
    for (std::size_t number = 0; number < whole.size(); ++number)
        for (std::size_t size = 0; size < whole[number].body.size(); ++size) {
            const auto result = play_with("pencil", [&](std::size_t at, message& sent) {
                if (at == number) sent.body.resize(size);
                return true;
            });
            ASSERT_FALSE(result.server_is_in) << number << " cut to " << size;
            // Only what the server says last may be cut without its own side noticing.
            if (whole[number].tag == 'p') {
                ASSERT_FALSE(result.client_is_in) << number << " cut to " << size;
            }
            ASSERT_TRUE(result.refused_client || result.refused_server) << number << " cut to " << size;
        }
}

TEST_P(login_matrix, a_conversation_that_ends_at_any_step_lets_nobody_in) {
    if (method_name == "trust") return;
    const auto whole = play_with("pencil").messages;
    for (std::size_t last = 0; last < whole.size(); ++last) {
        const auto result = play_with("pencil", [&](std::size_t at, message&) { return at < last; });
        EXPECT_FALSE(result.server_is_in) << last;
        EXPECT_LE(result.messages.size(), last);
    }
}

TEST_P(login_matrix, garbage_at_any_step_lets_nobody_in) {
    if (method_name == "trust") return;
    const auto whole = play_with("pencil").messages;
    for (std::size_t number = 0; number < whole.size(); ++number)
        for (const std::string& garbage :
             {std::string(), std::string(1, '\0'), std::string(4, '\0') + "x", std::string(100, '\xff'),
              std::string("password\0password\0", 18), std::string(70000, ','), whole[number].body + "x"}) {
            const auto result = play_with("pencil", [&](std::size_t at, message& sent) {
                if (at == number) sent.body = garbage;
                return true;
            });
            EXPECT_FALSE(result.server_is_in) << number;
            EXPECT_TRUE(result.refused_client || result.refused_server) << number;
        }
}

TEST_P(login_matrix, a_flipped_bit_in_an_answer_lets_nobody_in) {
    if (method_name == "trust") return;
    const auto whole = play_with("pencil").messages;
    for (std::size_t number = 0; number < whole.size(); ++number) {
        if (whole[number].tag != 'p') continue;
        for (std::size_t byte = 0; byte < whole[number].body.size(); ++byte) {
            const auto result = play_with("pencil", [&](std::size_t at, message& sent) {
                if (at == number) sent.body[byte] = static_cast<char>(sent.body[byte] ^ 1);
                return true;
            });
            EXPECT_FALSE(result.client_is_in) << "message " << number << " byte " << byte;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(all, login_matrix,
                         testing::Combine(testing::Values("trust", "password", "md5", "scram"),
                                          testing::Values("clear", "ready", "md5", "verifier", "broken", "none")),
                         [](const auto& instance) {
                             return std::get<0>(instance.param) + "_with_" + std::get<1>(instance.param);
                         });

/// What a client can measure of an exchange: who spoke, what kind of message, how long.
std::vector<std::tuple<char, std::string, std::size_t>> shape(const outcome& result) {
    std::vector<std::tuple<char, std::string, std::size_t>> lines;
    for (const auto& sent : result.messages)
        lines.emplace_back(sent.tag, sent.tag == 'R' ? sent.body.substr(0, 4) : "", sent.body.size());
    return lines;
}

TEST(login, an_unknown_user_is_asked_like_one_with_a_wrong_password) {
    const auto real = secret::parse("pencil").with_verifier(make_verifier("pencil", "0123456789abcdef"));
    for (const auto& [name, wanted] : methods) {
        if (wanted == method::trust) continue;
        const auto wrong = play(wanted, "app", real, "wrong");
        const auto unknown = play(wanted, "app", std::nullopt, "wrong");
        EXPECT_EQ(shape(wrong), shape(unknown)) << name;
        EXPECT_EQ(unknown.refused_client, error_code::unknown_user);
        EXPECT_TRUE(is_refusal(wrong.refused_client));
    }
}

TEST(login, a_message_of_another_login_is_worth_nothing) {
    const auto known = make_secret("verifier");
    const auto first = play(method::scram_sha_256, "app", known, "pencil").messages;
    ASSERT_EQ(first.size(), 6U);

    auto random = fixed_entropy();
    random.scram_nonce[3] = 'x';
    client_login asker(method::scram_sha_256, "app", known, random, mock_key);
    std::string out;
    asker.start(out);
    ASSERT_EQ(asker.receive(first[1].body, out), client_login::step::send_and_wait);
    EXPECT_EQ(asker.receive(first[3].body, out), client_login::step::failed);

    random = fixed_entropy();
    random.md5_salt = {9, 9, 9, 9};
    const auto md5 = play(method::md5, "app", make_secret("clear"), "pencil").messages;
    client_login by_md5(method::md5, "app", make_secret("clear"), random, mock_key);
    by_md5.start(out);
    EXPECT_EQ(by_md5.receive(md5[1].body, out), client_login::step::failed);
    EXPECT_EQ(by_md5.failure(), error_code::wrong_secret);
}

TEST(login, keys_pass_from_a_client_to_a_server_with_the_same_verifier) {
    const auto known = make_secret("verifier");
    client_login asker(method::scram_sha_256, "app", known, fixed_entropy(), mock_key);
    server_login with_password(credentials{"app", "pencil", std::nullopt, {}}, client_nonce, nullptr);
    ASSERT_TRUE(play(asker, with_password).client_is_in);
    ASSERT_TRUE(asker.client_keys());
    EXPECT_EQ(asker.clear_password(), "");

    client_login upstream(method::scram_sha_256, "app", known, fixed_entropy(), "another process");
    server_login with_keys(credentials{"app", "", asker.client_keys(), {}}, "another nonce", nullptr);
    const auto result = play(upstream, with_keys);
    EXPECT_TRUE(result.client_is_in && result.server_is_in);
}

TEST(login, passwords_that_are_not_ascii) {
    for (const std::string password : {"g\u00fcnther", "a\u00a0b", "\xff\xfe", "\u00ad"})
        for (const auto wanted : {method::password, method::md5, method::scram_sha_256}) {
            const auto result = play(wanted, "app", secret::parse(password), password);
            EXPECT_TRUE(result.client_is_in && result.server_is_in) << password;
        }
}

}  // namespace
}  // namespace pgweir::auth

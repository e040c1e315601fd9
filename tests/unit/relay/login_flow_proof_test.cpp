#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "auth/md5.hpp"
#include "relay/login_lab.hpp"

namespace pgweir::relay::test {
namespace {

using session::outcome;
using testing::EndsWith;

std::string authentication_ok() {
    std::string out;
    wire::append_authentication_ok(out);
    return out;
}

/// What a client with this password sends, one element for each time that it waits for an answer before.
std::vector<std::string> login_of(auth::method method, const std::string& secret,
                                  const startup_parameters& parameters = {{"user", "app"}}) {
    login_lab lab(method);
    auth::server_login client({"app", secret, std::nullopt, {}}, auth::test::client_nonce, nullptr);
    std::vector<std::string> sent{startup(parameters)};
    step last = lab.send(sent.back());
    while (last == step::wait) {
        std::string answer;
        for (const auto& question : auth::test::split(lab.told())) client.receive(question.body, answer);
        if (answer.empty()) break;
        sent.push_back(answer);
        last = lab.send(answer);
    }
    return sent;
}

/// The last step of a script.
step play(login_lab& lab, const std::vector<std::string>& sent) {
    step last = step::wait;
    for (const auto& each : sent) {
        EXPECT_EQ(last, step::wait);
        last = lab.send(each);
    }
    return last;
}

TEST(login_flow_proof, the_right_password_is_proof) {
    for (const auto method : {auth::method::password, auth::method::md5, auth::method::scram_sha_256}) {
        login_lab lab(method);
        EXPECT_EQ(play(lab, login_of(method, "pencil")), step::proven);
        EXPECT_THAT(lab.told(), EndsWith(authentication_ok()));
        EXPECT_EQ(lab.unread, "");
    }
}

TEST(login_flow_proof, a_wrong_password_and_an_unknown_user_are_refused_alike) {
    for (const auto method : {auth::method::password, auth::method::md5, auth::method::scram_sha_256}) {
        for (const std::string user : {"app", "stranger"}) {
            login_lab lab(method);
            EXPECT_EQ(play(lab, login_of(method, "wrong", {{"user", user}})), step::failed);
            EXPECT_EQ(lab.flow.failure().reason, outcome::wrong_secret);
            EXPECT_EQ(lab.flow.failure().message, "password authentication failed for user \"" + user + "\"");
            EXPECT_EQ(lab.told().find(authentication_ok()), std::string::npos);
        }
    }
}

TEST(login_flow_proof, what_was_proved_is_used_at_the_server) {
    login_lab by_password(auth::method::password);
    play(by_password, login_of(auth::method::password, "pencil"));
    EXPECT_EQ(by_password.flow.credentials().user, "app");
    EXPECT_EQ(by_password.flow.credentials().password, "pencil");
    EXPECT_FALSE(by_password.flow.credentials().keys);

    login_lab by_scram(auth::method::scram_sha_256);
    play(by_scram, login_of(auth::method::scram_sha_256, "pencil"));
    EXPECT_EQ(by_scram.flow.credentials().password, "pencil") << "it is known here";
    EXPECT_TRUE(by_scram.flow.credentials().keys);
}

TEST(login_flow_proof, of_a_verifier_only_the_keys_are_known) {
    service_settings how = known_user(auth::method::scram_sha_256);
    const std::string verifier = auth::to_text(auth::make_verifier("pencil", "0123456789abcdef", 2));
    how.secrets.clear();
    how.secrets.emplace("app", auth::secret::parse(verifier));
    login_lab lab(how);
    EXPECT_EQ(play(lab, login_of(auth::method::scram_sha_256, "pencil")), step::proven);
    EXPECT_EQ(lab.flow.credentials().password, "");
    EXPECT_TRUE(lab.flow.credentials().keys);
}

TEST(login_flow_proof, a_stored_hash_goes_to_the_server) {
    const std::string hash = auth::md5_hash("pencil", "app").value();
    service_settings how = known_user(auth::method::md5);
    how.secrets.clear();
    how.secrets.emplace("app", auth::secret::parse(hash));
    login_lab lab(how);
    EXPECT_EQ(play(lab, login_of(auth::method::md5, "pencil")), step::proven);
    EXPECT_EQ(lab.flow.credentials().md5_hash, hash);
    EXPECT_EQ(lab.flow.credentials().password, "");
}

TEST(login_flow_proof, a_login_goes_on_by_the_settings_that_it_began_with) {
    auto how = std::make_shared<service_settings>(known_user(auth::method::password));
    const std::weak_ptr<service_settings> watched = how;
    login_flow flow(how, {.local = true, .address = {}}, auth::test::fixed_entropy());
    how.reset();
    ASSERT_FALSE(watched.expired());
    std::string out;
    std::size_t consumed = 0;
    EXPECT_EQ(flow.receive(startup() + password("pencil"), consumed, out), step::proven)
        << "sent ahead of the question";
    EXPECT_EQ(consumed, startup().size() + password("pencil").size());
}

TEST(login_flow_proof, what_follows_a_login_is_left) {
    const std::string query = pgweir::test::query("SELECT 1");
    login_lab by_trust(auth::method::trust);
    EXPECT_EQ(by_trust.send(startup() + query), step::proven);
    EXPECT_EQ(by_trust.unread, query);
    login_lab by_password(auth::method::password);
    by_password.send(startup());
    EXPECT_EQ(by_password.send(password("pencil") + query), step::proven);
    EXPECT_EQ(by_password.unread, query);
}

TEST(login_flow_proof, a_client_may_leave_instead) {
    login_lab lab(auth::method::scram_sha_256);
    lab.send(startup());
    EXPECT_EQ(lab.send(pgweir::test::terminate()), step::failed);
    EXPECT_EQ(lab.flow.failure().reason, outcome::client_terminated);
}

TEST(login_flow_proof, no_other_message_is_taken_for_a_proof) {
    for (const std::string& other : {pgweir::test::query("SELECT 1"), pgweir::test::sync(), startup(), ssl_request(),
                                     std::string("?"), pgweir::test::copy_data("pencil")}) {
        for (const auto method : {auth::method::password, auth::method::md5, auth::method::scram_sha_256}) {
            login_lab lab(method);
            lab.send(startup());
            lab.told();
            EXPECT_EQ(lab.send(other), step::failed);
            EXPECT_EQ(lab.flow.failure().reason, outcome::protocol_violation);
            EXPECT_EQ(lab.told(), "");
        }
    }
}

TEST(login_flow_proof, another_message_is_refused_before_it_is_here) {
    login_lab lab(auth::method::password);
    lab.send(startup());
    EXPECT_EQ(lab.send(std::string("Q\x3f\xff\xff\xfe", 5)), step::failed);
    EXPECT_EQ(lab.flow.failure().reason, outcome::protocol_violation);
}

TEST(login_flow_proof, an_oversized_proof_is_refused_before_it_is_here) {
    login_lab lab(auth::method::password);
    lab.send(startup());
    EXPECT_EQ(lab.send(std::string("p\0\0\x28\0", 5)), step::failed) << "10 KiB and the tag";
    EXPECT_EQ(lab.flow.failure().reason, outcome::protocol_violation);
    login_lab longest(auth::method::password);
    longest.send(startup());
    EXPECT_EQ(longest.send(std::string("p\0\0\x27\xff", 5)), step::wait);
    EXPECT_EQ(longest.send(std::string(10234, 'x') + '\0'), step::failed);
    EXPECT_EQ(longest.flow.failure().reason, outcome::wrong_secret);
}

/// auth/error.hpp: what is no refusal is a protocol violation, the wire module's reasons included.
TEST(login_flow_proof, a_malformed_proof_is_a_protocol_violation) {
    const std::string no_string("p\0\0\0\x0apencil", 11);
    const std::string two_strings("p\0\0\0\x0cpen\0cil\0", 13);
    for (const std::string& bad : {no_string, two_strings}) {
        for (const auto method : {auth::method::password, auth::method::md5, auth::method::scram_sha_256}) {
            login_lab lab(method);
            lab.send(startup());
            ASSERT_EQ(lab.send(bad), step::failed);
            EXPECT_EQ(lab.sqlstate(), "08P01") << static_cast<int>(method);
        }
    }
}

class login_script : public testing::TestWithParam<std::string> {
protected:
    struct script {
        auth::method method;
        std::vector<std::string> sent;
        step last;
    };

    static script named(const std::string& name) {
        using enum auth::method;
        if (name == "trust") return {trust, {startup()}, step::proven};
        if (name == "encrypted") return {trust, {ssl_request(), gssenc_request(), startup()}, step::proven};
        if (name == "cancel") return {trust, {ssl_request(), cancel_request(1, "abcd")}, step::cancel};
        if (name == "nobody") return {trust, {startup({})}, step::failed};
        if (name == "password") return {password, login_of(password, "pencil"), step::proven};
        if (name == "wrong_password") return {password, login_of(password, "wrong"), step::failed};
        if (name == "md5") return {md5, login_of(md5, "pencil"), step::proven};
        if (name == "wrong_scram") return {scram_sha_256, login_of(scram_sha_256, "wrong"), step::failed};
        return {scram_sha_256, login_of(scram_sha_256, "pencil"), step::proven};
    }

    /// What the client is told after each of its messages.
    static std::vector<std::string> answers(const script& all) {
        login_lab lab(all.method);
        std::vector<std::string> heard;
        for (const auto& each : all.sent) {
            lab.send(each);
            heard.push_back(lab.told());
        }
        return heard;
    }

    const script all = named(GetParam());
};

TEST_P(login_script, byte_by_byte_is_the_same) {
    const auto expected = answers(all);
    login_lab lab(all.method);
    for (std::size_t number = 0; number < all.sent.size(); ++number) {
        const std::string& message = all.sent[number];
        for (std::size_t at = 0; at + 1 < message.size(); ++at) {
            ASSERT_EQ(lab.send(message.substr(at, 1)), step::wait) << "message " << number << " byte " << at;
            ASSERT_EQ(lab.out, "") << "message " << number << " byte " << at;
        }
        EXPECT_EQ(lab.send(message.substr(message.size() - 1)), number + 1 == all.sent.size() ? all.last : step::wait);
        EXPECT_EQ(lab.told(), expected[number]);
    }
}

TEST_P(login_script, cut_at_any_byte_waits_for_the_rest) {
    const auto expected = answers(all);
    for (std::size_t number = 0; number < all.sent.size(); ++number) {
        for (std::size_t size = 0; size < all.sent[number].size(); ++size) {
            login_lab lab(all.method);
            for (std::size_t before = 0; before < number; ++before) lab.send(all.sent[before]);
            lab.told();
            ASSERT_EQ(lab.send(all.sent[number].substr(0, size)), step::wait) << number << " cut to " << size;
            ASSERT_EQ(lab.out, "");
            lab.send(all.sent[number].substr(size));
            ASSERT_EQ(lab.told(), expected[number]) << number << " cut to " << size;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(all, login_script,
                         testing::Values("trust", "encrypted", "cancel", "nobody", "password", "wrong_password", "md5",
                                         "scram", "wrong_scram"),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace pgweir::relay::test

#include <gtest/gtest.h>

#include <string>

#include "auth/base64.hpp"
#include "auth/error.hpp"
#include "auth/scram_client.hpp"
#include "auth/scram_server.hpp"

namespace pgweir::auth {
namespace {

constexpr std::string_view ours = "nonce of the client";
constexpr std::string_view theirs = "nonce of the server";
constexpr std::string_view salt = "0123456789abcdef";

scram_keys keys_of(std::string_view password, const scram_challenge& challenge) {
    const digest salted = salted_password(password, challenge.salt, challenge.iterations);
    return {client_key(salted), server_key(salted), challenge.salt, challenge.iterations};
}

scram_server server_with(std::string_view password, std::string_view its_salt = salt, std::uint32_t iterations = 2) {
    return scram_server(make_verifier(password, its_salt, iterations), theirs);
}

std::error_code exchange(scram_server& server, std::string_view password) {
    scram_client client(ours);
    const auto server_first = server.begin(client.first_message());
    if (!server_first) return server_first.error();
    const auto challenge = client.challenge(*server_first);
    if (!challenge) return challenge.error();
    const auto server_final = server.finish(client.final_message(keys_of(password, *challenge)));
    return server_final ? client.verify(*server_final) : server_final.error();
}

TEST(scram_exchange, both_sides_agree_and_the_client_key_is_recovered) {
    auto server = server_with("pencil");
    EXPECT_FALSE(exchange(server, "pencil"));
    ASSERT_TRUE(server.client_keys());
    const auto expected = keys_of("pencil", {std::string(salt), 2});
    EXPECT_EQ(server.client_keys()->client_key, expected.client_key);
    EXPECT_EQ(server.client_keys()->server_key, expected.server_key);
    EXPECT_EQ(server.client_keys()->salt, salt);
    EXPECT_EQ(server.client_keys()->iterations, 2U);
}

TEST(scram_exchange, another_password_is_a_wrong_secret) {
    auto server = server_with("pencil");
    EXPECT_EQ(exchange(server, "pencils"), error_code::wrong_secret);
    EXPECT_FALSE(server.client_keys());
}

TEST(scram_exchange, salts_of_any_length_and_iteration_counts_within_the_bound) {
    for (const std::size_t size : {1U, 8U, 12U, 15U, 16U, 17U, 24U, 32U, 63U, 64U, 65U, 200U, 1024U}) {
        auto server = server_with("pencil", std::string(size, '\xfe'));
        EXPECT_FALSE(exchange(server, "pencil")) << size;
    }
    for (const std::uint32_t iterations : {1U, 4096U, 10000U}) {
        auto server = server_with("pencil", salt, iterations);
        EXPECT_FALSE(exchange(server, "pencil")) << iterations;
    }
}

// --- the server's role ---

TEST(scram_server, accepts_both_headers_without_channel_binding) {
    for (const std::string header : {"n,,", "y,,"}) {
        auto server = server_with("pencil");
        const auto first = server.begin(header + "n=somebody,r=abc,x=ext");
        ASSERT_TRUE(first) << header;
        const std::string nonce = "abc" + base64_encode(theirs);
        EXPECT_EQ(*first, "r=" + nonce + ",s=" + base64_encode(salt) + ",i=2");

        const auto keys = keys_of("pencil", {std::string(salt), 2});
        const std::string without_proof = "c=" + base64_encode(header) + ",r=" + nonce + ",x=ext";
        const std::string auth_message = "n=somebody,r=abc,x=ext," + *first + "," + without_proof;
        const auto proof = keys.client_key ^ client_signature(stored_key(keys.client_key), auth_message);
        const auto last = server.finish(without_proof + ",p=" + base64_encode(proof.view()));
        ASSERT_TRUE(last) << last.error().message();
        EXPECT_EQ(*last, "v=" + base64_encode(server_signature(keys.server_key, auth_message).view()));
    }
}

TEST(scram_server, refuses_a_first_message_that_is_malformed_or_asks_for_more) {
    for (const std::string message : {"",
                                      "n",
                                      "n,",
                                      "n,,",
                                      "n,,n=",
                                      "n,,n=,",
                                      "n,,n=,r=",
                                      "n,,n=,r",
                                      "n,,r=abc",
                                      "n,,r=abc,n=",
                                      "n,,n=,r=a b",
                                      "n,,n=,r=abc,",
                                      "n,,n=,r=abc,x",
                                      "n,,n=,r=a\x01",
                                      "n,a=other,n=,r=abc",
                                      "n,,m=ext,n=,r=abc",
                                      "p=tls-server-end-point,,n=,r=abc",
                                      "p=tls-unique,,n=,r=abc",
                                      "x,,n=,r=abc",
                                      "N,,n=,r=abc",
                                      "n=,r=abc"}) {
        auto server = server_with("pencil");
        EXPECT_EQ(server.begin(message).error(), error_code::protocol_violation) << message;
    }
}

TEST(scram_server, bounds_the_nonce_and_the_message) {
    EXPECT_TRUE(server_with("x").begin("n,,n=,r=" + std::string(1024, 'r')));
    EXPECT_FALSE(server_with("x").begin("n,,n=,r=" + std::string(1025, 'r')));
    EXPECT_FALSE(server_with("x").begin("n,,n=" + std::string(5000, 'u') + ",r=abc"));
    auto server = server_with("x");
    ASSERT_TRUE(server.begin("n,,n=,r=abc"));
    EXPECT_EQ(server.finish("c=biws,r=" + std::string(5000, 'r')).error(), error_code::protocol_violation);
}

TEST(scram_server, finish_needs_begin) {
    auto server = server_with("pencil");
    EXPECT_EQ(server.finish("c=biws,r=,p=" + base64_encode(std::string(32, 'p'))).error(),
              error_code::protocol_violation);
}

TEST(scram_server, refuses_a_final_message_that_is_malformed) {
    const std::string nonce = "abc" + base64_encode(theirs);
    const std::string proof = base64_encode(std::string(32, 'p'));
    const auto answer = [](const std::string& message) {
        auto server = server_with("pencil");
        EXPECT_TRUE(server.begin("n,,n=,r=abc"));
        return server.finish(message).error();
    };
    ASSERT_EQ(answer("c=biws,r=" + nonce + ",p=" + proof), error_code::wrong_secret);
    for (const std::string& message :
         {std::string(), std::string("c=biws"), "c=biws,r=" + nonce,
          "c=biws,r=" + nonce + ",p=", "c=biws,r=" + nonce + ",p=AAAA", "c=biws,r=" + nonce + ",p=" + proof + ",",
          "c=biws,r=" + nonce + ",p=" + proof + ",x=1", "c=eSws,r=" + nonce + ",p=" + proof,
          "c=,r=" + nonce + ",p=" + proof, "r=" + nonce + ",p=" + proof, "c=biws,r=abc,p=" + proof,
          "c=biws,r=" + nonce + "x,p=" + proof, "c=biws,r=x" + nonce + ",p=" + proof,
          "r=" + nonce + ",c=biws,p=" + proof, "c=biws,p=" + proof + ",r=" + nonce})
        EXPECT_EQ(answer(message), error_code::protocol_violation) << message;
}

// --- the client's role ---

std::error_code challenge_error(const std::string& server_first) {
    scram_client client(ours);
    return client.challenge(server_first).error();
}

TEST(scram_client, leaves_the_name_to_the_startup_packet) {
    EXPECT_EQ(scram_client(ours).first_message(), "n,,n=,r=" + base64_encode(ours));
}

TEST(scram_client, understands_a_challenge) {
    scram_client client(ours);
    const auto challenge = client.challenge("r=" + base64_encode(ours) + "xyz,s=c2FsdA==,i=4096,x=ext");
    ASSERT_TRUE(challenge);
    EXPECT_EQ(challenge->salt, "salt");
    EXPECT_EQ(challenge->iterations, 4096U);
}

TEST(scram_client, takes_server_nonces_of_many_kilobytes) {
    for (const std::size_t size : {1U, 1024U, 4096U, 16000U}) {
        scram_client client(ours);
        const auto challenge =
            client.challenge("r=" + base64_encode(ours) + std::string(size, 'z') + ",s=c2FsdA==,i=1");
        ASSERT_TRUE(challenge) << size;
        EXPECT_NE(client.final_message(keys_of("pencil", *challenge)).find(std::string(size, 'z')), std::string::npos);
    }
    EXPECT_EQ(challenge_error("r=" + base64_encode(ours) + std::string(16384, 'z') + ",s=c2FsdA==,i=1"),
              error_code::protocol_violation);
}

TEST(scram_client, the_nonce_must_be_ours_made_longer) {
    const std::string rest = ",s=c2FsdA==,i=4096";
    const std::string nonce = base64_encode(ours);
    EXPECT_FALSE(challenge_error("r=" + nonce + "z" + rest));
    for (const std::string& bad : {nonce, std::string(), nonce.substr(1) + "zz",
                                   nonce.substr(0, nonce.size() - 1) + "!z", "z" + nonce, nonce + " ", nonce + "\x80"})
        EXPECT_EQ(challenge_error("r=" + bad + rest), error_code::protocol_violation) << bad;
}

TEST(scram_client, refuses_a_malformed_challenge) {
    const std::string r = "r=" + base64_encode(ours) + "z";
    ASSERT_FALSE(challenge_error(r + ",s=c2FsdA==,i=1"));
    for (const std::string& message :
         {std::string(), r, r + ",s=c2FsdA==", r + ",i=1", r + ",s=,i=1", r + ",s=c2Fsd,i=1", r + ",s=c2FsdA==,i=1,",
          r + ",s=c2FsdA==,i=1,?", "m=ext," + r + ",s=c2FsdA==,i=1", std::string("e=other-error"),
          r + ",i=1,s=c2FsdA==", r + ",s=" + base64_encode(std::string(max_scram_salt + 1, 's')) + ",i=1"})
        EXPECT_EQ(challenge_error(message), error_code::protocol_violation) << message;
}

TEST(scram_client, refuses_iterations_out_of_bounds) {
    const std::string head = "r=" + base64_encode(ours) + "z,s=c2FsdA==,i=";
    EXPECT_FALSE(challenge_error(head + "1"));
    EXPECT_FALSE(challenge_error(head + "1000000"));
    for (const std::string count :
         {"0", "1000001", "2147483648", "4294967297", "99999999999999999999", "-1", "+1", "", "1x"})
        EXPECT_EQ(challenge_error(head + count), error_code::iterations_out_of_bounds) << count;
}

TEST(scram_client, a_tampered_signature_is_not_authentic) {
    auto server = server_with("pencil");
    scram_client client(ours);
    const auto challenge = client.challenge(*server.begin(client.first_message()));
    ASSERT_TRUE(challenge);
    const auto last = server.finish(client.final_message(keys_of("pencil", *challenge)));
    ASSERT_TRUE(last);
    EXPECT_FALSE(client.verify(*last));
    EXPECT_FALSE(client.verify(*last + ",x=ext"));

    const auto signature = base64_decode(last->substr(2)).value();
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
        auto tampered = signature;
        tampered[bit / 8] = static_cast<char>(tampered[bit / 8] ^ (1 << bit % 8));
        EXPECT_EQ(client.verify("v=" + base64_encode(tampered)), error_code::server_not_authentic);
    }
    EXPECT_EQ(client.verify("e=invalid-proof"), error_code::refused_by_server);
    for (std::size_t size = 0; size < last->size(); ++size)
        EXPECT_EQ(client.verify(last->substr(0, size)), error_code::protocol_violation) << size;
    EXPECT_EQ(client.verify(*last + ","), error_code::protocol_violation);
    EXPECT_EQ(client.verify("v=" + base64_encode(signature + "x")), error_code::protocol_violation);
}

}  // namespace
}  // namespace pgweir::auth

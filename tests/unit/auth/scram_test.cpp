#include "auth/scram.hpp"

#include <gtest/gtest.h>

#include <string>

#include "auth/base64.hpp"

namespace pgweir::auth {
namespace {

// RFC 7677 section 3.
constexpr std::string_view rfc_salt = "W22ZaJ0SNY7soEsUEjb6gQ==";
constexpr std::string_view rfc_auth_message =
    "n=user,r=rOprNGfwEbeRWgbNEkqO,"
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

// Worked out with another implementation of PBKDF2 and HMAC, from `pencil` and the RFC's salt.
constexpr std::string_view pencil =
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

TEST(scram, matches_the_example_of_rfc_7677) {
    const digest salted = salted_password("pencil", base64_decode(rfc_salt).value(), 4096);
    const digest key = client_key(salted);
    const digest proof = key ^ client_signature(stored_key(key), rfc_auth_message);
    EXPECT_EQ(base64_encode(proof.view()), "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    EXPECT_EQ(base64_encode(server_signature(server_key(salted), rfc_auth_message).view()),
              "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST(scram, makes_the_verifier_that_postgresql_would_store) {
    EXPECT_EQ(to_text(make_verifier("pencil", base64_decode(rfc_salt).value(), 4096)), pencil);
    EXPECT_EQ(to_text(make_verifier("secret", "0123456789abcdef", 1)),
              "SCRAM-SHA-256$1:MDEyMzQ1Njc4OWFiY2RlZg==$rb2i4FWE8CCi1HDhnBxhv8/uERf3QN6tiTjE4qSdliQ=:gWfVquF9Vgm4YA/"
              "KIyjllnL4Zn6B7unP+DKFnilYEAg=");
}

TEST(scram, a_verifier_comes_back_from_its_text) {
    const auto verifier = parse_verifier(pencil);
    ASSERT_TRUE(verifier);
    EXPECT_EQ(verifier->iterations, 4096U);
    EXPECT_EQ(to_text(*verifier), pencil);
    EXPECT_TRUE(verify_password(*verifier, "pencil"));
    EXPECT_FALSE(verify_password(*verifier, "Pencil"));
    EXPECT_FALSE(verify_password(*verifier, ""));
}

TEST(scram, a_verifier_cut_at_any_byte_is_refused) {
    for (std::size_t size = 0; size < pencil.size(); ++size)
        EXPECT_FALSE(parse_verifier(pencil.substr(0, size))) << size;
    EXPECT_FALSE(parse_verifier(std::string(pencil) + "="));
    EXPECT_FALSE(parse_verifier(std::string(pencil) + " "));
}

TEST(scram, a_verifier_with_a_bad_field_is_refused) {
    const std::string keys = std::string(pencil.substr(pencil.find('$', 20)));
    const auto with = [&](const std::string& head) { return parse_verifier(head + keys); };
    ASSERT_TRUE(with("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="));
    EXPECT_TRUE(with("SCRAM-SHA-256$1:W22ZaJ0SNY7soEsUEjb6gQ=="));
    EXPECT_TRUE(with("SCRAM-SHA-256$1000000:W22ZaJ0SNY7soEsUEjb6gQ=="));
    for (const std::string count : {"", "0", "-1", "+1", " 1", "1 ", "1000001", "4294967297", "0x10", "4096a"})
        EXPECT_FALSE(with("SCRAM-SHA-256$" + count + ":W22ZaJ0SNY7soEsUEjb6gQ==")) << count;
    EXPECT_FALSE(with("SCRAM-SHA-256$4096:"));
    EXPECT_FALSE(with("SCRAM-SHA-256$4096:%%%%"));
    EXPECT_FALSE(with("SCRAM-SHA-256$4096:" + base64_encode(std::string(max_scram_salt + 1, 's'))));
    EXPECT_FALSE(with("SCRAM-SHA-1$4096:W22ZaJ0SNY7soEsUEjb6gQ=="));
}

TEST(scram, equal_passwords_after_saslprep_are_equal) {
    const auto verifier = make_verifier("a\u00a0b", "salt salt", 2);
    EXPECT_TRUE(verify_password(verifier, "a b"));
}

}  // namespace
}  // namespace pgweir::auth

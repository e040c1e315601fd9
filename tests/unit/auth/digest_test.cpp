#include "auth/digest.hpp"

#include <gtest/gtest.h>

#include <string>

#include "auth/base64.hpp"

namespace pgweir::auth {
namespace {

TEST(digest, sha256_and_hmac_match_published_vectors) {
    EXPECT_EQ(base64_encode(sha256("abc").view()), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    // RFC 4231 test case 2.
    EXPECT_EQ(base64_encode(hmac_sha256("Jefe", "what do ya want for nothing?").view()),
              "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
    EXPECT_EQ(sha256({}), sha256(""));
    EXPECT_EQ(hmac_sha256({}, {}), hmac_sha256("", ""));
}

TEST(digest, a_difference_in_any_bit_is_seen) {
    const digest original = sha256("x");
    for (std::size_t bit = 0; bit < digest::size * 8; ++bit) {
        std::string changed(original.view());
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
        EXPECT_FALSE(digest::from(changed) == original) << bit;
    }
    EXPECT_EQ(digest::from(original.view()), original);
}

TEST(digest, xor_undoes_itself) {
    const digest a = sha256("a");
    const digest b = sha256("b");
    EXPECT_EQ((a ^ b) ^ b, a);
    EXPECT_EQ(a ^ a, digest());
}

TEST(digest, constant_time_comparison_looks_at_the_length_too) {
    EXPECT_TRUE(equal_in_constant_time("", ""));
    EXPECT_TRUE(equal_in_constant_time("same", "same"));
    EXPECT_FALSE(equal_in_constant_time("same", "sama"));
    EXPECT_FALSE(equal_in_constant_time("same", "sam"));
    EXPECT_FALSE(equal_in_constant_time("", "s"));
}

TEST(digest, wiping_overwrites_the_bytes_and_leaves_nothing) {
    std::string text = "a long secret that does not fit into the string object itself";
    const auto size = text.size();
    const char* bytes = text.data();
    wipe(text);
    EXPECT_TRUE(text.empty());
    // The buffer is still the string's: nothing was allocated since.
    ASSERT_EQ(bytes, text.data());
    EXPECT_EQ(std::string_view(bytes, size), std::string(size, '\0'));
}

}  // namespace
}  // namespace pgweir::auth

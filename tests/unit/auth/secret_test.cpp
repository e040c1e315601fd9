#include "auth/secret.hpp"

#include <gtest/gtest.h>

#include <string>

#include "auth/error.hpp"

namespace pgweir::auth {
namespace {

using kind = secret::kind_type;

TEST(secret, tells_the_three_kinds_apart) {
    const auto clear = secret::parse("pencil");
    EXPECT_EQ(clear.kind(), kind::clear);
    EXPECT_EQ(clear.clear_password(), "pencil");
    EXPECT_EQ(clear.md5(), "");
    EXPECT_FALSE(clear.verifier());

    const std::string hash = "md5" + std::string(32, '0');
    const auto md5 = secret::parse(hash);
    EXPECT_EQ(md5.kind(), kind::md5);
    EXPECT_EQ(md5.md5(), hash);
    EXPECT_EQ(md5.clear_password(), "");

    const auto text = to_text(make_verifier("pencil", "some salt", 7));
    const auto scram = secret::parse(text);
    EXPECT_EQ(scram.kind(), kind::scram_sha_256);
    ASSERT_TRUE(scram.verifier());
    EXPECT_EQ(to_text(*scram.verifier()), text);
    EXPECT_EQ(scram.clear_password(), "");
    for (const auto& good : {clear, md5, scram}) EXPECT_FALSE(good.error());
}

TEST(secret, what_only_resembles_a_hash_is_a_password) {
    for (const std::string text : {"md5", "md5abc", "SCRAM-SHA-256", "SCRAM-SHA-2560", "SCRAM-SHA-1$x"})
        EXPECT_EQ(secret::parse(text).kind(), kind::clear) << text;
}

TEST(secret, a_broken_verifier_is_no_password) {
    for (const std::string text : {"", "SCRAM-SHA-256$", "SCRAM-SHA-256$4096:abc"}) {
        const auto broken = secret::parse(text);
        EXPECT_EQ(broken.kind(), kind::unusable) << text;
        EXPECT_EQ(broken.error(), error_code::bad_verifier);
        EXPECT_EQ(broken.clear_password(), "");
        EXPECT_FALSE(broken.verifier());
    }
}

TEST(secret, may_carry_its_verifier) {
    const auto bare = secret::parse("pencil");
    const auto ready = bare.with_verifier(make_verifier("pencil", "some salt", 7));
    EXPECT_FALSE(bare.verifier());
    ASSERT_TRUE(ready.verifier());
    EXPECT_EQ(ready.verifier()->salt, "some salt");
    EXPECT_EQ(ready.clear_password(), "pencil");
}

}  // namespace
}  // namespace pgweir::auth

#include "auth/base64.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::auth {
namespace {

TEST(base64, encodes_the_vectors_of_rfc_4648) {
    EXPECT_EQ(base64_encode(""), "");
    EXPECT_EQ(base64_encode("f"), "Zg==");
    EXPECT_EQ(base64_encode("fo"), "Zm8=");
    EXPECT_EQ(base64_encode("foo"), "Zm9v");
    EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
}

TEST(base64, comes_back_at_every_length) {
    std::string bytes;
    for (int i = 0; i < 300; ++i) {
        EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
        bytes += static_cast<char>(i * 37);
    }
}

TEST(base64, refuses_everything_that_is_not_exactly_base64) {
    for (const std::string text : {"Z", "Zg", "Zg=", "Zg= ", " Zg=", "Zg==\n", "Zg==Zg==", "=Zg=", "Z===", "====",
                                   "Zm9v=", "Zm9v====", "Zm!v", "Zm-v", "Zm_v", "Zm9\n", "\tm9v", "Zm\x80v", "Zg=v"})
        EXPECT_FALSE(base64_decode(text)) << text;
    EXPECT_FALSE(base64_decode(std::string("Zm\0v", 4)));
}

}  // namespace
}  // namespace pgweir::auth

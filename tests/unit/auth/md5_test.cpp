#include "auth/md5.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::auth {
namespace {

using namespace std::string_view_literals;

TEST(md5, hashes_like_postgresql) {
    EXPECT_EQ(md5_hash("secret", "app"), "md56a422f785c9e20873908ce25d1736ae2");
    EXPECT_EQ(md5_response("md56a422f785c9e20873908ce25d1736ae2", "\x01\x02\x03\x04"sv),
              "md5911f527656472583a006e7727877b33e");
}

TEST(md5, the_salt_may_hold_nul_bytes) {
    const auto stored = md5_hash("secret", "app").value();
    EXPECT_NE(md5_response(stored, "\0\0\0\1"sv), md5_response(stored, "\0\0\0\2"sv));
}

TEST(md5, tells_a_hash_from_a_password) {
    EXPECT_TRUE(is_md5_hash("md56a422f785c9e20873908ce25d1736ae2"));
    EXPECT_FALSE(is_md5_hash("md5"));
    EXPECT_FALSE(is_md5_hash(""));
    EXPECT_FALSE(is_md5_hash("md5" + std::string(31, 'a')));
    EXPECT_FALSE(is_md5_hash("md5" + std::string(33, 'a')));
    EXPECT_FALSE(is_md5_hash("md5" + std::string(32, 'A')));
    EXPECT_FALSE(is_md5_hash("md5" + std::string(32, 'g')));
    EXPECT_FALSE(is_md5_hash("MD5" + std::string(32, 'a')));
}

}  // namespace
}  // namespace pgweir::auth

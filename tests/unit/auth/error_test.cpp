#include "auth/error.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace pgweir::auth {
namespace {

TEST(error, every_code_has_its_own_text) {
    std::set<std::string> texts;
    for (int value = 1; value <= static_cast<int>(error_code::bad_address); ++value)
        texts.insert(make_error_code(static_cast<error_code>(value)).message());
    EXPECT_EQ(texts.size(), static_cast<std::size_t>(error_code::bad_address));
    EXPECT_FALSE(texts.contains(make_error_code(static_cast<error_code>(999)).message()));
    EXPECT_STREQ(error_category().name(), "auth");
}

TEST(error, refusals_are_what_a_client_must_not_tell_apart) {
    EXPECT_TRUE(is_refusal(error_code::wrong_secret));
    EXPECT_TRUE(is_refusal(error_code::unknown_user));
    EXPECT_TRUE(is_refusal(error_code::bad_verifier));
    EXPECT_TRUE(is_refusal(error_code::no_scram_secret));
    EXPECT_FALSE(is_refusal(error_code::protocol_violation));
    EXPECT_FALSE(is_refusal({}));
}

}  // namespace
}  // namespace pgweir::auth

#include "auth/scram_attributes.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::auth {
namespace {

TEST(scram_attributes, gives_values_in_order) {
    scram_attributes attributes("n=,r=abc,s=a==");
    EXPECT_EQ(attributes.take('n'), "");
    EXPECT_FALSE(attributes.take('s'));
    EXPECT_EQ(attributes.taken(), "n=");
    EXPECT_EQ(attributes.take('r'), "abc");
    EXPECT_EQ(attributes.taken(), "n=,r=abc");
    EXPECT_EQ(attributes.take('s'), "a==");
    EXPECT_EQ(attributes.taken(), "n=,r=abc,s=a==");
    EXPECT_TRUE(attributes.at_end());
    EXPECT_FALSE(attributes.take('s'));
}

TEST(scram_attributes, skips_extensions_only_while_they_are_well_formed) {
    scram_attributes good("c=biws,x=1,Y=2,p=z");
    good.take('c');
    good.skip_until('p');
    EXPECT_EQ(good.taken(), "c=biws,x=1,Y=2");
    EXPECT_EQ(good.take('p'), "z");

    scram_attributes bad("x=1,2=3,p=z");
    bad.skip_until('p');
    EXPECT_FALSE(bad.take('p'));
    EXPECT_FALSE(bad.at_end());
}

TEST(scram_attributes, malformed_text_never_reaches_the_end) {
    for (const std::string text : {"n", "=", ",", "n=1,", "n=1,,", "n=1,r", "n:1", "1=1"}) {
        scram_attributes attributes(text);
        attributes.skip_until('\0');
        EXPECT_FALSE(attributes.at_end()) << text;
    }
    scram_attributes nul(std::string_view("n=a\0b", 5));
    EXPECT_FALSE(nul.take('n'));
}

TEST(scram_attributes, a_nonce_is_printable_and_has_no_comma) {
    EXPECT_TRUE(is_scram_nonce("!+-~aZ09/="));
    for (const std::string text : {"", "a b", "a,b", "a\x7f", "a\n", "\xc3\xa9"})
        EXPECT_FALSE(is_scram_nonce(text)) << text;
}

}  // namespace
}  // namespace pgweir::auth

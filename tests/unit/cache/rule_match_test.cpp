#include "cache/rule_match.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::cache {
namespace {

TEST(rule_match, compares_the_whole_text_without_case) {
    EXPECT_TRUE(is_like("", ""));
    EXPECT_TRUE(is_like("SELECT 1", "select 1"));
    EXPECT_TRUE(is_like("select 1", "SELECT 1"));
    EXPECT_FALSE(is_like("SELECT 1", "select"));
    EXPECT_FALSE(is_like("SELECT 1", "elect 1"));
    EXPECT_FALSE(is_like("", "select"));
    EXPECT_FALSE(is_like("select", ""));
    EXPECT_FALSE(is_like("\xc3\x84", "\xc3\xa4")) << "ASCII only";
    EXPECT_FALSE(is_like("[", "{")) << "differ in the bit that letters differ in";
}

TEST(rule_match, a_star_stands_for_anything) {
    EXPECT_TRUE(is_like("", "*"));
    EXPECT_TRUE(is_like("", "***"));
    EXPECT_TRUE(is_like("anything\nat all", "*"));
    EXPECT_TRUE(is_like("SELECT * FROM product WHERE id = 7", "select*from product*"));
    EXPECT_TRUE(is_like("SELECT * FROM product", "select*from product*"));
    EXPECT_FALSE(is_like("SELECT * FROM products_b", "select*from product"));
    EXPECT_FALSE(is_like("UPDATE product", "select*"));
    EXPECT_TRUE(is_like("aXbXbXc", "a*b*c"));
    EXPECT_FALSE(is_like("aXbXbXcd", "a*b*c"));
    EXPECT_TRUE(is_like("aaab", "*aab")) << "what matched too early is tried again further on";
    EXPECT_TRUE(is_like("abcabcabd", "*abcabd"));
    EXPECT_FALSE(is_like("abc", "*abc*d"));
    EXPECT_FALSE(is_like("ab", "a*b*b")) << "no byte counts twice";
}

TEST(rule_match, does_not_take_for_ever) {
    std::string pattern;
    for (int i = 0; i < 30; ++i) pattern += "*a";
    EXPECT_FALSE(is_like(std::string(10'000, 'a'), pattern + "*b")) << "exponential, this would never end";
}

}  // namespace
}  // namespace pgweir::cache

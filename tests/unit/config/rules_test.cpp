// The rules of the fuzz target on its seeds and on every prefix of a configuration.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "config/config_rules.hpp"
#include "config/support.hpp"

namespace pgweir::config {
namespace {

std::string content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(config_rules, hold_on_the_seeds) {
    std::size_t count = 0;
    for (const auto& seed : std::filesystem::directory_iterator(test::checkout() / "tests/fuzz/corpus/fuzz_config")) {
        EXPECT_EQ(pgweir::test::broken_config_rule(content(seed.path())), "") << seed.path();
        ++count;
    }
    EXPECT_GT(count, 5U);
}

TEST(config_rules, hold_on_a_text_cut_anywhere) {
    const std::string text =
        "auth: {users: {app: {password: \"a\\x41b\"}}}\n"
        "databases:\n  app: &x\n    upstream: 'postgres://app:${SET:-pw}@db/app'\n    pool: {size: 5}\n  b: *x\n";
    for (std::size_t length = 0; length <= text.size(); ++length)
        EXPECT_EQ(pgweir::test::broken_config_rule(text.substr(0, length)), "") << text.substr(0, length);
}

}  // namespace
}  // namespace pgweir::config

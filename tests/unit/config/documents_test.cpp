// The documents that belong to the loader: the reference and the sample.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "config/document.hpp"
#include "config/key_table.hpp"
#include "config/load.hpp"
#include "config/reference.hpp"
#include "config/support.hpp"

namespace pgweir::config {
namespace {

std::string content(const std::filesystem::path& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
}

const node* find(const node& from, std::string_view path) {
    const node* here = &from;
    while (here != nullptr && !path.empty()) {
        const std::string_view part = path.substr(0, path.find('.'));
        path.remove_prefix(std::min(part.size() + 1, path.size()));
        here = part != any_name ? here->find(part) : here->members.empty() ? nullptr : &here->members.front().value;
    }
    return here;
}

// PGWEIR_WRITE_REFERENCE=1 build/dev/tests/config_test --gtest_filter=reference.* brings it up to date.
TEST(reference, is_up_to_date) {
    const std::filesystem::path path = test::checkout() / "config/REFERENCE.md";
    if (std::getenv("PGWEIR_WRITE_REFERENCE") != nullptr) std::ofstream(path) << reference();
    EXPECT_EQ(content(path), reference());
}

TEST(reference, has_every_key) {
    const std::string text = reference();
    for (const key& k : key_table())
        EXPECT_NE(text.find("| `" + std::string(k.path) + "` |"), std::string::npos) << k.path;
    for (const planned_key& each : planned_keys())
        EXPECT_NE(text.find("| `" + std::string(each.path) + "` |"), std::string::npos);
}

TEST(sample, loads_clean) {
    source from{(test::checkout() / "config/pgweir.yaml").string(), {}, {{"APP_PASSWORD", "pw"}}};
    for (const problem& each : load(from).problems) ADD_FAILURE() << to_string(each);
    from.environment.clear();
    EXPECT_FALSE(load(from).ok());
}

TEST(sample, holds_the_defaults) {
    const source from{(test::checkout() / "config/pgweir.yaml").string(), {}, {{"APP_PASSWORD", "pw"}}};
    settings loaded = load(from).value;
    settings standard;
    const scope is{&loaded, &loaded.databases["app"], &loaded.auth.users["app"], &loaded.cache.rules.emplace_back()};
    const scope meant{&standard, &standard.databases["app"], &standard.auth.users["app"],
                      &standard.cache.rules.emplace_back()};
    for (const key& k : key_table()) {
        if (k.fallback.empty() || k.path == "admin.console_users") continue;
        const value a = k.target.read(is);
        const value b = k.target.read(meant);
        ASSERT_EQ(a.index(), b.index()) << k.path;
        if (const auto* number = std::get_if<std::uint64_t>(&a)) {
            EXPECT_EQ(*number, std::get<std::uint64_t>(b)) << k.path;
        }
        if (const auto* length = std::get_if<base::duration>(&a)) {
            EXPECT_EQ(*length, std::get<base::duration>(b)) << k.path;
        }
        if (const auto* text = std::get_if<std::string>(&a)) {
            EXPECT_EQ(*text, std::get<std::string>(b)) << k.path;
        }
    }
}

// What has two spellings can only be in use once; the other one stands in a comment.
TEST(sample, mentions_every_key) {
    const std::string text = content(test::checkout() / "config/pgweir.yaml");
    problems found;
    const auto root = parse_document("pgweir.yaml", text, found);
    ASSERT_TRUE(root);
    for (const key& k : key_table()) {
        if (find(*root, k.path) != nullptr) continue;
        const std::string last(k.path.substr(k.path.rfind('.') + 1));
        const auto stands = [&](const char* indent) { return text.find(indent + last + ": ") != std::string::npos; };
        EXPECT_TRUE(stands("# ") || stands("#   ") || stands("#     ") || stands("#   - ")) << k.path;
    }
}

}  // namespace
}  // namespace pgweir::config

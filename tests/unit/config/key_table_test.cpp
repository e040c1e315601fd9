#include "config/key_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "config/document.hpp"
#include "config/read_value.hpp"

namespace pgweir::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(key_table, paths_are_unique_and_rows_complete) {
    std::set<std::string_view> seen;
    for (const key& k : key_table()) {
        EXPECT_TRUE(seen.insert(k.path).second) << k.path;
        EXPECT_FALSE(k.doc.empty()) << k.path;
        EXPECT_EQ(k.doc.back(), '.') << k.path;
        EXPECT_NE(k.target.store, nullptr) << k.path;
        EXPECT_NE(k.target.read, nullptr) << k.path;
        if (k.type == value_type::count || k.type == value_type::duration) {
            EXPECT_GT(k.allowed.most, 0U) << k.path;
        }
        EXPECT_EQ(k.choices.empty(), k.type != value_type::choice) << k.path;
        EXPECT_EQ(find_key(k.path), &k);
        EXPECT_EQ(find_planned_key(k.path), nullptr) << k.path;
    }
}

// The structs are what a unit test of another module uses; the table is what the reference tells a user.
TEST(key_table, defaults_are_those_of_the_settings) {
    settings all;
    const scope at{&all, &all.databases["x"], &all.auth.users["x"], &all.cache.rules.emplace_back()};
    for (const key& k : key_table()) {
        if (k.fallback.empty()) continue;
        const value held = k.target.read(at);
        if (std::holds_alternative<std::monostate>(held)) continue;  // only checked
        problems found;
        const auto written = parse_fragment({"table"}, std::string(k.path), std::string(k.fallback), found);
        ASSERT_TRUE(written) << k.path;
        const auto read = read_value(k, *written, std::string(k.path), found);
        ASSERT_TRUE(read) << k.path << ": " << (found.empty() ? "" : found[0].message);
        const bool equal = std::visit(
            [&](const auto& a) {
                using T = std::decay_t<decltype(a)>;
                if constexpr (std::is_same_v<T, conninfo> || std::is_same_v<T, std::monostate>)
                    return false;
                else
                    return std::holds_alternative<T>(held) && std::get<T>(held) == a;
            },
            *read);
        EXPECT_TRUE(equal) << k.path;
    }
}

// Catches a row with the field of another one.
TEST(key_table, each_row_has_a_field_of_its_own) {
    settings all;
    const scope at{&all, &all.databases["x"], &all.auth.users["x"], &all.cache.rules.emplace_back()};
    std::uint64_t next = 1000;
    std::map<const key*, std::uint64_t> stored;
    for (const key& k : key_table()) {
        if ((k.type == value_type::count || k.type == value_type::size || k.type == value_type::share) &&
            k.path != "version")
            k.target.store(at, stored[&k] = ++next);
        else if (k.type == value_type::duration)
            k.target.store(at, base::duration(static_cast<std::int64_t>(stored[&k] = ++next)));
    }
    for (const auto& [k, number] : stored) {
        const value held = k->target.read(at);
        if (k->type != value_type::duration)
            EXPECT_EQ(std::get<std::uint64_t>(held), number) << k->path;
        else
            EXPECT_EQ(std::get<base::duration>(held).count(), static_cast<std::int64_t>(number)) << k->path;
    }
}

TEST(key_table, choices_are_in_the_order_of_the_enumerators) {
    const auto choice = [](std::string_view path, auto enumerator) {
        return find_key(path)->choices[static_cast<std::size_t>(enumerator)];
    };
    EXPECT_EQ(choice("auth.method", auth::method::trust), "trust");
    EXPECT_EQ(choice("auth.method", auth::method::password), "password");
    EXPECT_EQ(choice("auth.method", auth::method::md5), "md5");
    EXPECT_EQ(choice("auth.method", auth::method::scram_sha_256), "scram-sha-256");
    EXPECT_EQ(choice("databases.<name>.pool.mode", pool::mode::session), "session");
    EXPECT_EQ(choice("databases.<name>.pool.mode", pool::mode::transaction), "transaction");
    EXPECT_EQ(choice("cache.mode", cache::mode::off), "off");
    EXPECT_EQ(choice("cache.mode", cache::mode::rules), "rules");
    EXPECT_EQ(choice("cache.mode", cache::mode::automatic), "auto");
    EXPECT_EQ(choice("shutdown.mode", shutdown_mode::service), "service");
    EXPECT_EQ(choice("shutdown.mode", shutdown_mode::sidecar), "sidecar");
    EXPECT_EQ(choice("log.level", base::log::level::debug), "debug");
    EXPECT_EQ(choice("log.level", base::log::level::info), "info");
    EXPECT_EQ(choice("log.level", base::log::level::warning), "warning");
    EXPECT_EQ(choice("log.level", base::log::level::error), "error");
    EXPECT_EQ(choice("log.format", base::log::format::text), "text");
    EXPECT_EQ(choice("log.format", base::log::format::json), "json");
}

TEST(children_of, sections_and_leaves) {
    EXPECT_THAT(children_of(""),
                ElementsAre("version", "listen", "admin", "auth", "databases", "cache", "workers", "shutdown", "log"));
    EXPECT_THAT(children_of("databases"), ElementsAre(any_name));
    EXPECT_THAT(children_of("databases.<name>.pool.queue"), ElementsAre("max_wait", "max_length"));
    EXPECT_THAT(children_of("workers"), IsEmpty());
    EXPECT_THAT(children_of("log.lev"), IsEmpty());
    EXPECT_THAT(children_of("nothing"), IsEmpty());
}

}  // namespace
}  // namespace pgweir::config

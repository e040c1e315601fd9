#include "config/difference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/key_table.hpp"
#include "config/show.hpp"

namespace pgweir::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

/// Two databases and two users; keys with a name are changed in those called `app`.
settings sample() {
    settings all;
    for (const char* name : {"app", "other"}) {
        all.databases[name].upstream.password = "sEcReT";
        all.auth.users[name].secret = "sEcReT";
        all.cache.rules.emplace_back().name = name;
    }
    return all;
}

scope scope_of(settings& all) {
    return {&all, &all.databases.at("app"), &all.auth.users.at("app"), &all.cache.rules.front()};
}

/// Keys whose value can differ: not those that are only checked, or another spelling, or always the same.
std::vector<const key*> keys_with_a_value() {
    settings all = sample();
    std::vector<const key*> keys;
    for (const key& each : key_table()) {
        if (each.path == "version" || std::holds_alternative<std::monostate>(each.target.read(scope_of(all)))) continue;
        keys.push_back(&each);
    }
    return keys;
}

value another(const key& of, const value& held) {
    if (const auto* number = std::get_if<std::uint64_t>(&held))
        return of.choices.empty() ? *number + 1 : (*number + 1) % of.choices.size();
    if (const auto* length = std::get_if<base::duration>(&held)) return *length + std::chrono::milliseconds(1);
    if (const auto* text = std::get_if<std::string>(&held)) return *text + "x";
    auto list = std::get<std::vector<std::string>>(held);
    list.emplace_back("10.0.0.0/8");
    return list;
}

void change_key(settings& all, const key& which) {
    const scope at = scope_of(all);
    which.target.store(at, another(which, which.target.read(at)));
}

std::string written(std::string_view pattern) {
    std::string path(pattern);
    if (const auto at = path.find(any_name); at != std::string::npos) path.replace(at, any_name.size(), "app");
    return path;
}

std::vector<std::string> paths(const std::vector<change>& changes) {
    std::vector<std::string> all;
    for (const change& each : changes) all.push_back(each.path);
    return all;
}

TEST(difference, none_between_equal_settings) {
    EXPECT_THAT(differences(sample(), sample()), IsEmpty());
    EXPECT_THAT(differences(settings{}, settings{}), IsEmpty());
}

TEST(difference, every_key_is_told_by_its_path_alone) {
    ASSERT_GT(keys_with_a_value().size(), 30U);
    for (const key* each : keys_with_a_value()) {
        settings changed = sample();
        change_key(changed, *each);
        for (const auto& found : {differences(sample(), changed), differences(changed, sample())}) {
            ASSERT_EQ(found.size(), 1U) << each->path;
            EXPECT_EQ(found[0].path, written(each->path));
            EXPECT_EQ(found[0].needs_restart, each->needs_restart) << each->path;
        }
    }
}

/// Whatever `config show` prints is compared.
TEST(difference, what_is_shown_differently_is_a_difference) {
    for (const key* each : keys_with_a_value()) {
        settings changed = sample();
        change_key(changed, *each);
        if (each->type == value_type::secret) continue;
        EXPECT_NE(show(changed), show(sample())) << each->path;
    }
}

TEST(difference, needs_a_restart_for_what_is_done_once) {
    std::vector<std::string> found;
    for (const key* each : keys_with_a_value()) {
        settings changed = sample();
        change_key(changed, *each);
        const change told = differences(sample(), changed).at(0);
        if (told.needs_restart) found.push_back(told.path);
    }
    std::erase_if(found, [](const std::string& path) { return path.starts_with("cache."); });  // all of it
    EXPECT_THAT(found, UnorderedElementsAre("listen.addresses", "admin.http", "admin.socket", "databases.app.pool.mode",
                                            "workers", "log.format"));
}

TEST(difference, all_at_once_are_all_told) {
    settings changed = sample();
    std::vector<std::string> expected;
    for (const key* each : keys_with_a_value()) {
        change_key(changed, *each);
        expected.push_back(written(each->path));
    }
    EXPECT_THAT(paths(differences(sample(), changed)), testing::UnorderedElementsAreArray(expected));
}

TEST(difference, a_database_that_comes_or_goes_is_one_change) {
    settings more = sample();
    more.databases["new"].pool.size = 7;
    const auto come = differences(sample(), more);
    ASSERT_THAT(paths(come), ElementsAre("databases.new"));
    EXPECT_FALSE(come[0].needs_restart);
    const auto gone = differences(more, sample());
    ASSERT_THAT(paths(gone), ElementsAre("databases.new"));
    EXPECT_FALSE(gone[0].needs_restart);
}

TEST(difference, a_user_that_comes_or_goes_is_one_change) {
    settings more = sample();
    more.auth.users["new"].secret = "x";
    EXPECT_THAT(paths(differences(sample(), more)), ElementsAre("auth.users.new"));
    EXPECT_THAT(paths(differences(more, sample())), ElementsAre("auth.users.new"));
}

TEST(difference, a_database_that_gets_another_name_is_two_changes) {
    settings renamed = sample();
    auto moved = renamed.databases.extract("app");
    moved.key() = "renamed";
    renamed.databases.insert(std::move(moved));
    EXPECT_THAT(paths(differences(sample(), renamed)), UnorderedElementsAre("databases.app", "databases.renamed"));
}

TEST(difference, names_stand_in_paths_as_they_are) {
    settings before = sample();
    for (const char* name : {"*", "a.b", "<name>"}) before.databases[name];
    settings after = before;
    for (const char* name : {"*", "a.b", "<name>"}) after.databases[name].pool.size = 7;
    EXPECT_THAT(paths(differences(before, after)),
                UnorderedElementsAre("databases.*.pool.size", "databases.a.b.pool.size", "databases.<name>.pool.size"));
}

TEST(difference, a_key_of_the_process_is_one_change_whatever_the_databases_are) {
    settings after = sample();
    for (auto& [name, database] : after.databases) database.session.slow_query += std::chrono::seconds(1);
    EXPECT_THAT(paths(differences(sample(), after)), ElementsAre("log.slow_query"));
}

TEST(difference, secrets_are_compared_but_not_told) {
    settings after = sample();
    after.databases["app"].upstream.password = "hIdDeN";
    after.auth.users["other"].secret = "hIdDeN";
    const auto found = differences(sample(), after);
    EXPECT_THAT(paths(found), UnorderedElementsAre("databases.app.upstream.password", "auth.users.other.password"));
    for (const change& each : found) {
        EXPECT_THAT(each.path, Not(HasSubstr("sEcReT")));
        EXPECT_THAT(each.path, Not(HasSubstr("hIdDeN")));
    }
}

TEST(keep_what_needs_restart, keeps_exactly_that) {
    for (const key* each : keys_with_a_value()) {
        const settings running = sample();
        settings next = sample();
        change_key(next, *each);
        const settings wanted = next;
        keep_what_needs_restart(next, running);
        EXPECT_EQ(differences(running, next).empty(), each->needs_restart) << each->path;
        EXPECT_EQ(differences(wanted, next).empty(), !each->needs_restart) << each->path;
    }
}

TEST(keep_what_needs_restart, of_a_reload_that_changes_everything) {
    const settings running = sample();
    settings next = sample();
    for (const key* each : keys_with_a_value()) change_key(next, *each);
    keep_what_needs_restart(next, running);
    std::size_t expected = 0;
    for (const key* each : keys_with_a_value()) expected += each->needs_restart ? 0U : 1U;
    const auto left = differences(running, next);
    EXPECT_EQ(left.size(), expected);
    for (const change& each : left) EXPECT_FALSE(each.needs_restart) << each.path;
}

TEST(keep_what_needs_restart, leaves_databases_and_users_as_they_come) {
    settings running = sample();
    running.databases["gone"].pool.mode = pool::mode::session;
    settings next = sample();
    next.databases["new"].pool.mode = pool::mode::session;
    next.auth.users["new"].secret = "x";
    const settings wanted = next;
    keep_what_needs_restart(next, running);
    EXPECT_THAT(differences(wanted, next), IsEmpty());
    EXPECT_EQ(next.databases.at("new").pool.mode, pool::mode::session) << "it had no mode before";
    EXPECT_FALSE(next.databases.contains("gone"));
}

TEST(keep_what_needs_restart, each_database_keeps_its_own) {
    settings running = sample();
    running.databases["app"].pool.mode = pool::mode::session;
    settings next = running;
    next.databases["app"].pool.mode = pool::mode::transaction;
    next.databases["other"].pool.mode = pool::mode::session;
    keep_what_needs_restart(next, running);
    EXPECT_EQ(next.databases["app"].pool.mode, pool::mode::session);
    EXPECT_EQ(next.databases["other"].pool.mode, pool::mode::transaction);
}

}  // namespace
}  // namespace pgweir::config

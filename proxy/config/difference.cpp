#include "config/difference.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string_view>
#include <utility>

#include "config/key_table.hpp"

namespace pgweir::config {

namespace {

constexpr std::string_view databases = "databases.<name>";
constexpr std::string_view users = "auth.users.<name>";
constexpr std::string_view rules = "cache.rules.<name>";

bool is_below(std::string_view path, std::string_view section) {
    return path.size() > section.size() && path.substr(0, section.size()) == section && path[section.size()] == '.';
}

/// Calls `with(key, path as written for this name)` for the keys of a section; those of no section for "".
template <class Function>
void for_each_key(std::string_view section, const std::string& name, Function&& with) {
    for (const key& each : key_table()) {
        const bool named = is_below(each.path, databases) || is_below(each.path, users) || is_below(each.path, rules);
        if (section.empty() ? named : !is_below(each.path, section)) continue;
        std::string path(each.path);
        if (named) path.replace(path.find(any_name), any_name.size(), name);
        with(each, path);
    }
}

class comparison {
public:
    // The table's accessors write as well as read.
    comparison(const settings& before, const settings& after) : before_(before), after_(after) {}

    std::vector<change> run() {
        compare("", "", {&before_}, {&after_});
        named(users, before_.auth.users, after_.auth.users,
              [](settings& all, auth::user& one) { return scope{&all, nullptr, &one}; });
        named(databases, before_.databases, after_.databases,
              [](settings& all, database& one) { return scope{&all, &one, nullptr}; });
        compare_rules(before_.cache.rules, after_.cache.rules);
        return std::move(found_);
    }

private:
    void compare(std::string_view section, const std::string& name, const scope& old, const scope& fresh) {
        for_each_key(section, name, [&](const key& each, const std::string& path) {
            if (each.target.read(old) != each.target.read(fresh)) found_.push_back({path, each.needs_restart});
        });
    }

    // Their order counts, so one more is another list.
    void compare_rules(std::deque<cache::rule>& old, std::deque<cache::rule>& fresh) {
        const auto same_name = [](const cache::rule& a, const cache::rule& b) { return a.name == b.name; };
        if (!std::equal(old.begin(), old.end(), fresh.begin(), fresh.end(), same_name)) {
            found_.push_back({"cache.rules", true});
            return;
        }
        for (std::size_t i = 0; i < old.size(); ++i)
            compare(rules, old[i].name, {&before_, nullptr, nullptr, &old[i]}, {&after_, nullptr, nullptr, &fresh[i]});
    }

    template <class Map, class MakeScope>
    void named(std::string_view section, Map& old, Map& fresh, MakeScope scope_of) {
        const std::string prefix(section.substr(0, section.size() - any_name.size()));
        for (auto& [name, one] : old) {
            const auto found = fresh.find(name);
            if (found == fresh.end())
                found_.push_back({prefix + name});
            else
                compare(section, name, scope_of(before_, one), scope_of(after_, found->second));
        }
        for (const auto& [name, one] : fresh)
            if (!old.contains(name)) found_.push_back({prefix + name});
    }

    settings before_;
    settings after_;
    std::vector<change> found_;
};

}  // namespace

std::vector<change> differences(const settings& before, const settings& after) {
    return comparison(before, after).run();
}

void keep_what_needs_restart(settings& next, const settings& running) {
    settings kept = running;
    const auto keep = [](const key& each, const scope& to, const scope& from) {
        if (each.needs_restart) each.target.store(to, each.target.read(from));
    };
    for_each_key("", "", [&](const key& each, const std::string&) { keep(each, {&next}, {&kept}); });
    next.cache.rules = kept.cache.rules;
    for (auto& [name, one] : next.databases) {
        const auto found = kept.databases.find(name);
        if (found == kept.databases.end()) continue;
        const scope to{&next, &one, nullptr};
        const scope from{&kept, &found->second, nullptr};
        for_each_key(databases, name, [&](const key& each, const std::string&) { keep(each, to, from); });
    }
}

}  // namespace pgweir::config

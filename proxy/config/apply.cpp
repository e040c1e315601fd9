#include "config/apply.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/key_table.hpp"
#include "config/names.hpp"
#include "config/read_value.hpp"
#include "config/suggest.hpp"

namespace pgweir::config {

namespace {

constexpr std::string_view rules_section = "cache.rules";

/// A place in the tree: the same path once as the table writes it and once with the names in it.
struct place {
    std::string pattern;
    std::string path;
    scope target;
};

class walker {
public:
    explicit walker(problems& found) : found_(found) {}

    /// Reports what is wrong below `here`; what is right is put off, because the table decides the order of storing.
    void section(const node& here, const place& at) {
        if (here.kind == node::shape::null || here.kind == node::shape::broken) return;
        if (at.pattern == rules_section && here.kind == node::shape::list) return named_list(here, at);
        if (here.kind != node::shape::map) {
            report(found_, here.where, at.path, "has to be a section with keys of its own");
            return;
        }
        const auto parts = children_of(at.pattern);
        const bool has_names = parts.size() == 1 && parts.front() == any_name;
        for (const member& each : here.members) {
            if (has_names)
                named(each, at);
            else
                fixed(each, at, parts);
        }
    }

    void store_all() {
        std::stable_sort(read_.begin(), read_.end(), [](const pending& a, const pending& b) { return a.of < b.of; });
        for (const pending& each : read_) each.of->target.store(each.target, each.what);
    }

private:
    struct pending {
        const key* of;  ///< points into the table, so that comparing pointers compares rows
        scope target;
        value what;
    };

    void fixed(const member& each, const place& at, const std::vector<std::string_view>& parts) {
        place below{extend(at.pattern, each.name), join_path(at.path, each.name), at.target};
        if (std::find(parts.begin(), parts.end(), each.name) == parts.end()) {
            unknown(each, below, parts);
            return;
        }
        const key* found = find_key(below.pattern);
        const bool is_section = !children_of(below.pattern).empty();
        if (found != nullptr && !(is_section && each.value.kind == node::shape::map))
            leaf(*found, each.value, below);
        else
            section(each.value, below);
    }

    void leaf(const key& k, const node& written, const place& at) {
        auto read = read_value(k, written, at.path, found_);
        if (read) read_.push_back({&k, at.target, std::move(*read)});
    }

    /// A list whose entries have a `name` is a map from these names, in which the order counts.
    void named_list(const node& here, const place& at) {
        for (const node& item : here.items) {
            if (item.kind == node::shape::broken) continue;
            const node* name = item.find("name");
            if (name == nullptr || name->kind != node::shape::scalar) {
                report(found_, item.where, at.path, "each entry needs a name, as {name: catalogue, tables: [product]}");
                continue;
            }
            if (has_rule(*at.target.all, name->text)) {
                report(found_, name->where, join_path(at.path, name->text), "is given twice");
                continue;
            }
            member entry{name->text, item.where, item};
            std::erase_if(entry.value.members, [](const member& each) { return each.name == "name"; });
            named(entry, at);
        }
    }

    static bool has_rule(const settings& all, std::string_view name) {
        const auto& rules = all.cache.rules;
        return std::any_of(rules.begin(), rules.end(), [&](const cache::rule& each) { return each.name == name; });
    }

    static cache::rule& add_rule(settings& all, const std::string& name) {
        cache::rule& added = all.cache.rules.emplace_back();
        added.name = name;
        return added;
    }

    void named(const member& each, const place& at) {
        place below{extend(at.pattern, any_name), join_path(at.path, each.name), at.target};
        if (std::string why = name_complaint(each.name); !why.empty()) {
            report(found_, each.where, below.path, why);
            return;
        }
        if (at.pattern == "databases")
            below.target.database = &at.target.all->databases[each.name];
        else if (at.pattern == rules_section)
            below.target.rule = &add_rule(*at.target.all, each.name);
        else
            below.target.user = &at.target.all->auth.users[each.name];
        section(each.value, below);
    }

    static std::string name_complaint(std::string_view name) {
        if (name.find("${") != std::string_view::npos) return "variables are replaced in values, not in names";
        const auto read = parse_name(name);
        return read ? "" : "the name " + read.error();
    }

    void unknown(const member& each, const place& at, const std::vector<std::string_view>& siblings) {
        if (const planned_key* later = find_planned_key(at.pattern)) {
            report(found_, each.where, at.path, "not available in this version (" + std::string(later->doc) + ")");
            return;
        }
        std::string why = "unknown key";
        if (const std::string_view near = nearest(each.name, siblings); !near.empty())
            why += ", did you mean '" + std::string(near) + "'?";
        else if (const std::string elsewhere = same_name_elsewhere(each.name); !elsewhere.empty())
            why += ", did you mean " + elsewhere + "?";
        report(found_, each.where, at.path, why);
    }

    /// A key in the wrong section is the other common mistake.
    static std::string same_name_elsewhere(std::string_view name) {
        for (const key& k : key_table()) {
            const std::string_view last = k.path.substr(k.path.rfind('.') + 1);
            if (last == name || k.path == name) return std::string(k.path);
        }
        return {};
    }

    problems& found_;
    std::vector<pending> read_;
};

}  // namespace

void apply(const node& root, settings& target, problems& found) {
    walker walk(found);
    walk.section(root, {"", "", {&target, nullptr, nullptr}});
    walk.store_all();
}

}  // namespace pgweir::config

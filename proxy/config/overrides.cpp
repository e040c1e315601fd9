#include "config/overrides.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "config/document.hpp"
#include "config/key_table.hpp"

namespace pgweir::config {

namespace {

using path_parts = std::vector<std::string>;

constexpr std::string_view variable_prefix = "PGWEIR__";
constexpr std::string_view set_option = "--set";
constexpr std::size_t deepest_path = 16;

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

bool takes_names(std::string_view pattern) {
    const auto parts = children_of(pattern);
    return parts.size() == 1 && parts.front() == any_name;
}

/// The path as the table writes it.
std::string pattern_of(const path_parts& parts) {
    std::string pattern;
    for (const std::string& part : parts)
        pattern = extend(pattern, takes_names(pattern) ? any_name : std::string_view(part));
    return pattern;
}

std::string written_path(const path_parts& parts) {
    std::string path;
    for (const std::string& part : parts) path = join_path(path, part);
    return path;
}

void mark_verbatim(node& here) {
    here.verbatim = true;
    for (node& item : here.items) mark_verbatim(item);
    for (member& each : here.members) mark_verbatim(each.value);
}

/// A secret is taken as it is. Elsewhere a value that begins like a list, a map or a quoted text is read as YAML.
std::optional<node> to_node(const path_parts& parts, const std::string& text, const origin& where, bool verbatim,
                            problems& found) {
    const key* known = find_key(pattern_of(parts));
    const bool is_secret = known != nullptr && known->type == value_type::secret;
    std::optional<node> made;
    if (!is_secret && !text.empty() && std::string_view("[{\"'").find(text.front()) != std::string_view::npos) {
        made = parse_fragment(where, written_path(parts), text, found);
    } else {
        made.emplace();
        made->kind = text.empty() ? node::shape::null : node::shape::scalar;
        made->text = text;
        made->where = where;
    }
    if (made && verbatim) mark_verbatim(*made);
    return made;
}

/// `password` and `password_file` are two spellings of one setting: the later one replaces the other.
void erase_other_spelling(node& section, const std::string& name) {
    constexpr std::string_view suffix = "_file";
    const bool is_file =
        name.size() > suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
    const std::string other = is_file ? name.substr(0, name.size() - suffix.size()) : name + std::string(suffix);
    std::erase_if(section.members, [&](const member& each) { return each.name == other; });
}

node& member_of(node& section, const std::string& name, const origin& where) {
    if (node* existing = section.find(name)) return *existing;
    section.members.push_back({name, where, {}});
    section.members.back().value.where = where;
    return section.members.back().value;
}

void put(node& root, const path_parts& parts, node what, problems& found) {
    node* here = &root;
    path_parts so_far;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (here->kind == node::shape::null) {
            here->kind = node::shape::map;
            here->where = what.where;
        }
        if (here->kind != node::shape::map) {
            report(found, what.where, written_path(parts),
                   written_path(so_far) + " is given as one value: set it as a whole");
            return;
        }
        so_far.push_back(parts[i]);
        if (i + 1 == parts.size()) erase_other_spelling(*here, parts[i]);
        here = &member_of(*here, parts[i], what.where);
    }
    *here = std::move(what);
}

/// Splits at `__`. nullopt if a part is empty.
std::optional<path_parts> split_variable(std::string_view name) {
    path_parts parts;
    while (true) {
        const std::size_t end = name.find("__");
        if (end == 0 || name.empty()) return std::nullopt;
        parts.emplace_back(name.substr(0, end));
        if (end == std::string_view::npos) return parts;
        name.remove_prefix(end + 2);
    }
}

/// Gives the parts of a variable's name the spelling they have in the file.
void spell(path_parts& parts, const node& root) {
    const node* here = &root;
    std::string pattern;
    for (std::string& part : parts) {
        const std::string folded = lower(part);
        const bool is_name = takes_names(pattern);
        part = folded;
        if (is_name && here != nullptr && here->find(folded) == nullptr)
            for (const member& each : here->members)
                if (lower(each.name) == folded) part = each.name;
        if (here != nullptr) here = here->find(part);
        pattern = extend(pattern, is_name ? any_name : std::string_view(part));
    }
}

/// Cuts `a."b.c".d=value` at the first `=` outside quotes; the parts go to `parts`, the value stays in `text`.
bool split_assignment(std::string_view& text, path_parts& parts) {
    while (true) {
        std::string part;
        if (!text.empty() && text.front() == '"') {
            const std::size_t end = text.find('"', 1);
            if (end == std::string_view::npos) return false;
            part = text.substr(1, end - 1);
            text.remove_prefix(end + 1);
        } else {
            const std::size_t end = std::min(text.find_first_of(".="), text.size());
            part = text.substr(0, end);
            text.remove_prefix(end);
        }
        if (part.empty() || text.empty() || (text.front() != '.' && text.front() != '=')) return false;
        parts.push_back(std::move(part));
        const bool is_last = text.front() == '=';
        text.remove_prefix(1);
        if (is_last) return true;
    }
}

void put_text(node& root, const path_parts& parts, const std::string& text, const origin& where, bool verbatim,
              problems& found) {
    if (parts.size() > deepest_path) {
        report(found, where, {}, "nested too deeply");
        return;
    }
    auto made = to_node(parts, text, where, verbatim, found);
    if (made) put(root, parts, std::move(*made), found);
}

}  // namespace

void apply_environment(node& root, const environment& variables, problems& found) {
    for (auto each = variables.lower_bound(std::string(variable_prefix)); each != variables.end(); ++each) {
        const auto& [name, text] = *each;
        if (name.compare(0, variable_prefix.size(), variable_prefix) != 0) break;
        const origin where{name};
        auto parts = split_variable(std::string_view(name).substr(variable_prefix.size()));
        if (!parts) {
            report(found, where, {}, "does not name a key: write PGWEIR__SECTION__KEY");
            continue;
        }
        spell(*parts, root);
        put_text(root, *parts, text, where, true, found);
    }
}

void apply_overrides(node& root, const std::vector<std::string>& assignments, problems& found) {
    const origin where{std::string(set_option)};
    for (const std::string& assignment : assignments) {
        std::string_view text = assignment;
        path_parts parts;
        if (split_assignment(text, parts))
            put_text(root, parts, std::string(text), where, false, found);
        else
            report(found, where, {},
                   cited(assignment.substr(0, assignment.find('='))) + " is not written as path.to.key=value");
    }
}

}  // namespace pgweir::config

#include "config/load.hpp"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

#include "config/apply.hpp"
#include "config/check.hpp"
#include "config/conninfo.hpp"
#include "config/document.hpp"
#include "config/overrides.hpp"
#include "config/secret_file.hpp"
#include "config/substitute.hpp"

namespace pgweir::config {

namespace {

constexpr std::size_t largest_file = std::size_t{4} << 20U;

/// File problems from top to bottom, then the others in the order in which they were found.
bool comes_first(const problem& a, const problem& b) {
    if ((a.line > 0) != (b.line > 0)) return a.line > 0;
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
}

node map_at(const origin& where) {
    node made;
    made.kind = node::shape::map;
    made.where = where;
    return made;
}

node verbatim_text(const std::string& text, const origin& where) {
    node made;
    made.kind = node::shape::scalar;
    made.text = text;
    made.verbatim = true;
    made.where = where;
    return made;
}

node& add(node& section, const std::string& name, node what) {
    const origin where = what.where;
    section.members.push_back({name, where, std::move(what)});
    return section.members.back().value;
}

/// The configuration that stands for one URL: its database is served under its own name, and clients have to present
/// its user and password.
std::optional<node> from_database_url(const std::string& url, problems& found) {
    const origin where{"DATABASE_URL"};
    const conninfo_result read = parse_conninfo(url);
    for (const std::string& why : read.complaints) report(found, where, {}, why);
    if (!read.complaints.empty()) return std::nullopt;
    const conninfo& target = read.value;
    const std::string& name = target.database.empty() ? target.user : target.database;  // as libpq does
    if (name.empty()) {
        report(found, where, {}, "names no database: write postgres://user:password@host:port/database");
        return std::nullopt;
    }
    node root = map_at(where);
    if (!target.user.empty()) {
        node& user = add(add(add(root, "auth", map_at(where)), "users", map_at(where)), target.user, map_at(where));
        if (!target.password.empty()) add(user, "password", verbatim_text(target.password, where));
    }
    node& database = add(add(root, "databases", map_at(where)), name, map_at(where));
    add(database, "upstream", verbatim_text(url, where));
    return root;
}

outcome finish(std::optional<node> root, const source& from, problems found) {
    outcome out;
    if (root) {
        apply_environment(*root, from.environment, found);
        apply_overrides(*root, from.overrides, found);
        substitute(*root, from.environment, found);
        apply(*root, out.value, found);
        check(*root, out.value, found);
    }
    std::stable_sort(found.begin(), found.end(), comes_first);
    out.problems = std::move(found);
    return out;
}

outcome load_file(const source& from) {
    const auto text = read_file(from.file, largest_file);
    if (text) return load_text(from.file, *text, from);
    outcome out;
    report(out.problems, {}, {}, text.error());
    return out;
}

outcome load_without_file(const source& from) {
    problems found;
    const auto url = from.environment.find("DATABASE_URL");
    if (url == from.environment.end() || url->second.empty()) return finish(map_at({}), from, std::move(found));
    auto root = from_database_url(url->second, found);
    return finish(std::move(root), from, std::move(found));
}

template <class Work>
outcome without_exceptions(const std::string& file, Work work) {
    try {
        return work();
    } catch (const std::exception& error) {
        outcome out;
        report(out.problems, {file}, {}, std::string("cannot be loaded: ") + error.what());
        return out;
    }
}

}  // namespace

outcome load(const source& from) {
    return without_exceptions(from.file, [&] { return from.file.empty() ? load_without_file(from) : load_file(from); });
}

outcome load_text(const std::string& name, const std::string& text, const source& from) {
    return without_exceptions(name, [&] {
        problems found;
        auto root = parse_document(name, text, found);
        return finish(std::move(root), from, std::move(found));
    });
}

}  // namespace pgweir::config

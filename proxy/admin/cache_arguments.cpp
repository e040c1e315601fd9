#include "admin/cache_arguments.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sql/tokens.hpp"
#include "sql/words.hpp"

namespace pgweir::admin {

namespace {

using sql::token;
using sql::token_kind;

bool is_name(const token& one) {
    return one.kind == token_kind::identifier || one.kind == token_kind::quoted_identifier;
}

std::optional<sql::qualified_name> read_table(std::string_view text) {
    sql::tokens all(text);
    const token first = all.next();
    if (!is_name(first)) return std::nullopt;
    token next = all.next();
    if (next.kind == token_kind::end) return sql::qualified_name{{}, sql::identifier_value(first.text)};
    const token second = all.next();
    if (next.text != "." || !is_name(second) || all.next().kind != token_kind::end) return std::nullopt;
    return sql::qualified_name{sql::identifier_value(first.text), sql::identifier_value(second.text)};
}

/// A value between quotes of its kind, in which a doubled one stands for itself.
std::string unquoted(std::string_view text, char quote) {
    std::string value;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
        value.push_back(text[i]);
        if (text[i] == quote) ++i;
    }
    return value;
}

// Names of rules are the configuration's, not SQL's: without quotes they are taken as they stand.
std::optional<std::string> read_rule(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const char first = text.front();
    if (first != '"' && first != '\'') return std::string(text);
    if (text.size() < 2 || text.back() != first) return std::nullopt;
    return unquoted(text, first);
}

std::optional<std::string> read_value(const token& one) {
    if (is_name(one)) return sql::identifier_value(one.text);
    const bool plain = one.kind == token_kind::string && one.text.front() == '\'' && sql::is_in_one_piece(one.text);
    if (!plain) return std::nullopt;
    return unquoted(one.text, '\'');
}

/// What is behind a token of `text`.
std::string_view behind(std::string_view text, const token& one) {
    return text.substr(static_cast<std::size_t>(one.text.data() + one.text.size() - text.data()));
}

std::string_view without_space(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    return text;
}

std::optional<std::string>* find_option(explain_arguments& of, std::string_view name) {
    const std::array<std::pair<std::string_view, std::optional<std::string>*>, 4> options{
        {{"database", &of.database}, {"user", &of.user}, {"role", &of.role}, {"search_path", &of.search_path}}};
    for (const auto& [known, place] : options)
        if (sql::same_word(name, known)) return place;
    return nullptr;
}

}  // namespace

std::optional<clear_arguments> clear_arguments::read(std::string_view text) {
    sql::tokens all(text);
    const token what = all.next();
    if (what.kind == token_kind::end) return clear_arguments();
    const std::string_view rest = without_space(behind(text, what));
    clear_arguments found;
    if (sql::same_word(what.text, "all")) return rest.empty() ? std::optional(found) : std::nullopt;
    if (sql::same_word(what.text, "table")) {
        found.table = read_table(rest);
        return found.table ? std::optional(std::move(found)) : std::nullopt;
    }
    if (!sql::same_word(what.text, "rule")) return std::nullopt;
    found.rule = read_rule(rest);
    return found.rule ? std::optional(std::move(found)) : std::nullopt;
}

std::optional<explain_arguments> explain_arguments::read(std::string_view text) {
    explain_arguments found;
    sql::tokens all(text);
    token next = all.next();
    const bool may_have_options = next.text == "(";
    if (may_have_options) next = all.next();
    // SELECT may stand in parentheses, too.
    if (!may_have_options || find_option(found, next.text) == nullptr) {
        found.statement = without_space(text);
        return found.statement.empty() ? std::nullopt : std::optional(std::move(found));
    }
    while (true) {
        std::optional<std::string>* const option = find_option(found, next.text);
        if (option == nullptr || *option) return std::nullopt;
        *option = read_value(all.next());
        next = all.next();
        if (!*option || (next.text != "," && next.text != ")")) return std::nullopt;
        if (next.text == ")") break;
        next = all.next();
    }
    found.statement = without_space(behind(text, next));
    return found.statement.empty() ? std::nullopt : std::optional(std::move(found));
}

}  // namespace pgweir::admin

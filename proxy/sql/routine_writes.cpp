#include "sql/routine_writes.hpp"

#include <algorithm>
#include <array>

#include "sql/tokens.hpp"
#include "sql/words.hpp"

namespace pgweir::sql {

namespace {

// These stand also behind WITH, RETURN QUERY, FOR ... IN and OPEN ... FOR.
constexpr std::array<std::string_view, 5> anywhere{"insert", "update", "delete", "merge", "execute"};
// What else changes something begins a statement. CALL is not here: what is called is found by its name.
constexpr std::array<std::string_view, 16> at_the_beginning{
    "alter",  "cluster", "comment",  "copy",    "create",  "do",     "drop",     "grant",
    "import", "load",    "reassign", "refresh", "reindex", "revoke", "security", "truncate"};
constexpr std::array<std::string_view, 6> before_a_statement{"begin", "atomic", "then", "else", "loop", "commit"};

template <std::size_t Size>
bool is_one_of(const token& each, const std::array<std::string_view, Size>& words) noexcept {
    return each.kind == token_kind::identifier &&
           std::ranges::any_of(words, [&](std::string_view word) { return same_word(each.text, word); });
}

// SELECT INTO makes a table in SQL, and sets a variable in PL/pgSQL.
bool makes_table(const token& each, bool plain_sql) noexcept {
    return plain_sql && each.kind == token_kind::identifier && same_word(each.text, "into");
}

// An assignment to a variable of that name: comment := 'x', copy[1] = 2, do.field := 3.
bool is_assigned_to(const token& next) noexcept {
    return next.text == ":" || next.text == "=" || next.text == "[" || next.text == ".";
}

}  // namespace

bool routine_may_write(std::string_view language, std::string_view body) noexcept {
    const bool plain_sql = language == "sql";
    if (!plain_sql && language != "plpgsql") return true;
    tokens all(body);
    bool begins = true;
    bool suspicious = false;  // the token before this one begins a statement that writes, unless it is a variable
    for (token each = all.next(); each.kind != token_kind::end; all.next(each)) {
        if (suspicious && (plain_sql || !is_assigned_to(each))) return true;
        if (is_one_of(each, anywhere) || makes_table(each, plain_sql)) return true;
        suspicious = begins && is_one_of(each, at_the_beginning);
        begins = each.kind == token_kind::semicolon || each.text == ">" || is_one_of(each, before_a_statement);
    }
    return suspicious || all.ended_inside();
}

}  // namespace pgweir::sql

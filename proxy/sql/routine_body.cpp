#include "sql/routine_body.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sql/scan.hpp"
#include "sql/tokens.hpp"
#include "sql/words.hpp"

namespace pgweir::sql {

namespace {

// What no question to the server brings to light, or what matters before there is time to ask one.
constexpr effect told_apart =
    effect::setseed | effect::load | effect::session_function | effect::lastval_currval | effect::draws;
// In PL/pgSQL both mean something else: EXECUTE is looked for by itself, and what is called is found by its name.
constexpr effect not_of_plpgsql = effect::execute | effect::call | effect::do_block | effect::declare_cursor;

constexpr std::array<std::string_view, 7> session_commands{"reset",  "discard",  "prepare", "deallocate",
                                                           "listen", "unlisten", "load"};
constexpr std::array<std::string_view, 5> before_a_statement{"begin", "then", "else", "loop", "commit"};
constexpr std::array<std::string_view, 2> drawing{"insert", "merge"};

template <std::size_t Size>
bool is_one_of(const token& each, const std::array<std::string_view, Size>& words) noexcept {
    return each.kind == token_kind::identifier &&
           std::any_of(words.begin(), words.end(), [&](std::string_view word) { return same_word(each.text, word); });
}

bool is(const token& each, std::string_view word) noexcept {
    return each.kind == token_kind::identifier && same_word(each.text, word);
}

bool is_name(const token& each) noexcept {
    return each.kind == token_kind::identifier || each.kind == token_kind::quoted_identifier;
}

/// Where the statements of a block begin scan() does not know: behind THEN and the like they stand in the middle.
class block_reader {
public:
    block_reader(std::string_view body, routine_body& into) : tokens_(body), into_(into) {}

    void run() {
        bool begins = true;
        for (tokens_.next(current_); current_.kind != token_kind::end;) {
            if (is_one_of(current_, drawing)) into_.flags |= effect::draws;
            // EXECUTE also stands behind RETURN QUERY, IN and FOR.
            if (is(current_, "execute") || (begins && is_one_of(current_, session_commands)))
                into_.flags |= effect::own_routine;
            if (begins && is(current_, "load")) into_.flags |= effect::load;
            if (begins && is(current_, "set")) {
                set();
                begins = false;
                continue;
            }
            begins = current_.kind == token_kind::semicolon || current_.text == ">" ||
                     is_one_of(current_, before_a_statement);
            tokens_.next(current_);
        }
        // Nothing behind what is never closed was looked at.
        if (tokens_.ended_inside()) into_.flags |= effect::own_routine;
    }

private:
    // Leaves the token behind the name.
    void set() {
        tokens_.next(current_);
        if (is(current_, "local")) return;
        into_.flags |= effect::own_routine;
        if (is(current_, "session")) tokens_.next(current_);
        std::string name(current_.text);
        if (!is_name(current_)) return;
        tokens_.next(current_);
        if (current_.text != ".") return;
        tokens_.next(current_);
        if (is_name(current_)) into_.custom_settings.push_back(name + "." + std::string(current_.text));
    }

    tokens tokens_;
    token current_;
    routine_body& into_;
};

void take_scan(effect flags, const scan_result& scanned, routine_body& into) {
    into.flags |= flags & told_apart;
    if (has(flags, pinning_effects & ~told_apart)) into.flags |= effect::own_routine;
    if (scanned.unread_names) into.flags |= effect::set_config | effect::own_routine;
    const auto keep = [&into](std::string_view name) {
        if (name.find('.') != std::string_view::npos) into.custom_settings.emplace_back(name);
    };
    for (std::size_t i = 0; i < scanned.set_target_count; ++i) keep(scanned.set_targets[i]);
    for (std::size_t i = 0; i < scanned.config_name_count; ++i)
        keep(scanned.config_names[i].substr(1, scanned.config_names[i].size() - 2));
}

constexpr std::array<std::string_view, 3> defining{"create", "alter", "drop"};
constexpr std::array<std::string_view, 6> before_a_kind{"or",      "replace",  "materialized",
                                                        "foreign", "unlogged", "recursive"};
// By which a name comes to mean something else, or rows are other rows to somebody. What is temporary is the session's.
constexpr std::array<std::string_view, 18> kinds{"aggregate", "cast",   "collation", "domain", "extension", "function",
                                                 "operator",  "policy", "procedure", "role",   "routine",   "rule",
                                                 "schema",    "table",  "trigger",   "type",   "user",      "view"};

bool begins_by_defining(std::string_view text) {
    tokens all(text);
    if (!is_one_of(all.next(), defining)) return false;
    token each = all.next();
    while (is_one_of(each, before_a_kind)) all.next(each);
    return is_one_of(each, kinds);
}

std::string_view content_of(std::string_view literal) {
    const std::size_t quoted = literal.find_first_of("'$");
    const bool in_dollars = literal[quoted] == '$';
    return literal.substr((in_dollars ? literal.find('$', quoted + 1) : quoted) + 1);
}

/// Statements that change the schema, as they stand there or as the beginning of what EXECUTE is to run. A message to
/// somebody may begin like one as well, but EXECUTE is rare.
bool defines_something(std::string_view body) {
    tokens all(body);
    bool begins = true;
    bool executes = false;
    bool spells = false;
    for (token each = all.next(); each.kind != token_kind::end; all.next(each)) {
        if (begins && begins_by_defining({each.text.data(), body.data() + body.size()})) return true;
        executes = executes || is(each, "execute");
        spells = spells || (each.kind == token_kind::string && begins_by_defining(content_of(each.text)));
        begins = each.kind == token_kind::semicolon || each.text == ">" || is_one_of(each, before_a_statement);
    }
    return executes && spells;
}

/// Of a string token; nullopt when it is not to be had without resolving escapes.
std::optional<std::string> plain_value(std::string_view literal) {
    if (literal.front() == '$') {
        const std::size_t tag = literal.find('$', 1) + 1;
        return std::string(literal.substr(tag, literal.size() - 2 * tag));
    }
    if (literal.front() != '\'' || !is_in_one_piece(literal)) return std::nullopt;
    std::string value;
    for (std::size_t i = 1; i + 1 < literal.size(); ++i) {
        value.push_back(literal[i]);
        if (literal[i] == '\'') ++i;  // the second of two
    }
    return value;
}

}  // namespace

routine_body read_routine_body(std::string_view language, std::string_view body) {
    routine_body found;
    const scan_result scanned = scan(body);
    if (language == "sql") {
        take_scan(scanned.flags, scanned, found);
        if (has(scanned.flags, effect::data_modifying)) found.flags |= effect::draws;
    } else if (language == "plpgsql") {
        take_scan(scanned.flags & ~not_of_plpgsql, scanned, found);
        block_reader(body, found).run();
    } else {
        found.flags = effect::own_routine | effect::draws;
        return found;
    }
    if (defines_something(body)) found.flags |= effect::defines;
    return found;
}

effect left_by_function(std::string_view name) noexcept {
    const effect caused = find_word(name).caused;
    const effect apart = caused & (told_apart | effect::set_config);
    return has(caused, pinning_effects & ~told_apart) ? apart | effect::own_routine : apart;
}

routine_body read_made_routines(std::string_view text, bool standard_conforming_strings) {
    routine_body all;
    const routine_body unreadable{effect::set_config | effect::session_function, {}};
    tokens every(text, standard_conforming_strings);
    for (token each = every.next(); each.kind != token_kind::end; every.next(each)) {
        if (each.kind != token_kind::string) continue;
        const auto value = plain_value(each.text);
        const routine_body one = value ? read_routine_body("plpgsql", *value) : unreadable;
        all.flags |= one.flags;
        all.custom_settings.insert(all.custom_settings.end(), one.custom_settings.begin(), one.custom_settings.end());
    }
    return all;
}

}  // namespace pgweir::sql

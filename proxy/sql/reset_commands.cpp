#include "sql/reset_commands.hpp"

#include <algorithm>

#include "sql/tokens.hpp"
#include "sql/words.hpp"

namespace pgweir::sql {

namespace {

struct spelling {
    reset_command command;
    std::array<std::string_view, 4> tokens;  // in lower case; the rest empty
};

constexpr std::array spellings{
    spelling{reset_command::unlock_all, {"select", "pg_advisory_unlock_all", "(", ")"}},
    spelling{reset_command::close_all, {"close", "all", "", ""}},
    spelling{reset_command::unlisten_all, {"unlisten", "*", "", ""}},
    spelling{reset_command::reset_all, {"reset", "all", "", ""}},
    spelling{reset_command::discard_all, {"discard", "all", "", ""}},
};

const spelling* begun_by(std::string_view first) noexcept {
    const auto found = std::find_if(spellings.begin(), spellings.end(),
                                    [first](const spelling& each) { return same_word(first, each.tokens[0]); });
    return found == spellings.end() ? nullptr : &*found;
}

}  // namespace

reset_commands reset_commands::find(std::string_view text) noexcept {
    reset_commands found;
    tokens rest(text);
    token current = rest.next();
    while (current.kind != token_kind::end) {
        const spelling* expected = begun_by(current.text);
        if (expected == nullptr || found.count_ == found.commands_.size()) return {};
        for (const std::string_view each : expected->tokens) {
            if (each.empty()) break;
            if (!same_word(current.text, each)) return {};
            rest.next(current);
        }
        if (current.kind != token_kind::semicolon && current.kind != token_kind::end) return {};
        found.commands_[found.count_++] = expected->command;
        while (current.kind == token_kind::semicolon) rest.next(current);
    }
    return rest.ended_inside() ? reset_commands{} : found;
}

}  // namespace pgweir::sql

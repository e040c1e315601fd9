#include "admin/command_table.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "session/parameters.hpp"
#include "wire/backend.hpp"

namespace pgweir::admin {

namespace {

constexpr std::string_view separators = " \t\r\n;";

/// Takes the first word off the text; empty when there is none.
std::string_view take_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(separators), text.size()));
    const std::string_view word = text.substr(0, text.find_first_of(separators));
    text.remove_prefix(word.size());
    return word;
}

std::string_view trimmed(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(separators), text.size()));
    return text.substr(0, text.find_last_not_of(separators) + 1);
}

struct match {
    std::size_t words = 0;  ///< 0: the text begins with something else
    std::string_view arguments;
};

match match_words(std::string_view words, std::string_view text) {
    match found{0, text};
    while (!trimmed(words).empty()) {
        if (session::lower_case(take_word(found.arguments)) != take_word(words)) return {};
        ++found.words;
    }
    found.arguments = trimmed(found.arguments);
    return found;
}

std::string error_reply(std::string_view sqlstate, std::string_view message, std::string_view hint) {
    std::string reply;
    wire::append_error(reply, {.severity = "ERROR", .sqlstate = sqlstate, .message = message, .hint = hint});
    return reply;
}

std::string unknown_reply(std::string_view text) {
    const match subject = match_words("show", text);
    const bool is_subject = subject.words > 0 && !subject.arguments.empty() &&
                            subject.arguments.find_first_of(separators) == std::string_view::npos;
    if (is_subject) return error_reply("42704", "unknown name: " + std::string(subject.arguments), "Try SHOW HELP.");
    return error_reply("42601", "unknown command: " + std::string(text), "Try SHOW HELP.");
}

}  // namespace

std::string console_command::title() const {
    std::string upper = words;
    for (char& c : upper)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return upper;
}

void command_table::run(std::uint32_t worker, const relay::console_user& user, const std::string& text,
                        command_reply reply) const {
    if (trimmed(text).empty()) {
        std::string nothing;
        wire::append_empty_query(nothing);
        return reply(std::move(nothing));
    }
    const console_command* command = nullptr;
    match best;
    for (const console_command& each : commands_) {
        const match found = match_words(each.words, text);
        if (found.words <= best.words) continue;
        best = found;
        command = &each;
    }
    if (command == nullptr) return reply(unknown_reply(text));
    if (user.access < command->needs)
        return reply(
            error_reply("42501", "permission denied for " + command->title(), "Add the user to admin.console_users."));
    if (!best.arguments.empty() && !command->takes_arguments)
        return reply(error_reply("42601", command->title() + " takes no arguments", "Try SHOW HELP."));
    command->run({worker, user, std::string(best.arguments)}, std::move(reply));
}

}  // namespace pgweir::admin

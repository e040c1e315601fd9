#include "admin/console.hpp"

#include <algorithm>

#include "admin/show.hpp"
#include "session/parameters.hpp"
#include "wire/backend.hpp"

namespace pgweir::admin {

namespace {

std::vector<std::string> words_of(std::string_view text) {
    constexpr std::string_view separators = " \t\r\n;";
    std::vector<std::string> words;
    while (true) {
        const auto begin = text.find_first_not_of(separators);
        if (begin == std::string_view::npos) return words;
        text.remove_prefix(begin);
        const auto end = std::min(text.find_first_of(separators), text.size());
        words.push_back(session::lower_case(text.substr(0, end)));
        text.remove_prefix(end);
    }
}

std::string error_reply(std::string_view sqlstate, std::string_view message, std::string_view hint) {
    std::string reply;
    wire::append_error(reply, {.severity = "ERROR", .sqlstate = sqlstate, .message = message, .hint = hint});
    return reply;
}

}  // namespace

void console::run(std::uint32_t worker, const std::string&, const std::string& text,
                  std::function<void(std::string)> done) {
    const auto words = words_of(text);
    std::string reply;
    if (words.empty()) {
        wire::append_empty_query(reply);
        return done(std::move(reply));
    }
    // What drivers send of their own accord when they connect changes nothing here.
    if (words[0] == "set" || words[0] == "begin" || words[0] == "commit" || words[0] == "rollback") {
        std::string tag = words[0];
        for (char& c : tag) c = static_cast<char>(c - 'a' + 'A');
        wire::append_command_complete(reply, tag);
        return done(std::move(reply));
    }
    if (words[0] != "show" || words.size() != 2)
        return done(error_reply("42601", "unknown command: " + text, "Try SHOW HELP."));
    if (!can_show(words[1])) return done(error_reply("42704", "unknown name: " + words[1], "Try SHOW HELP."));
    source_.collect([this, worker, what = words[1], done = std::move(done)](const proxy_state& state) {
        std::string shown;
        show(what, state).append_to(shown);
        source_.run_on(worker, [done, shown = std::move(shown)] { done(shown); });
    });
}

}  // namespace pgweir::admin

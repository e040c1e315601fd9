#include "cli/console_commands.hpp"

#include <algorithm>
#include <utility>

namespace pgweir::cli {

namespace {

// As CLI11 wants it: what is wrong with the text, or nothing.
std::string subject_complaint(const std::string& text) {
    const bool is_word = std::all_of(
        text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; });
    return is_word && !text.empty() ? "" : "no subject of SHOW: " + text;
}

}  // namespace

void console_commands::add_to(CLI::App& app, const std::function<CLI::App*(CLI::App*)>& configured) {
    add_show(app, configured);
    add_cache(app, configured);
}

void console_commands::add_show(CLI::App& app, const std::function<CLI::App*(CLI::App*)>& configured) {
    CLI::App* show = configured(app.add_subcommand("show", "print what the console of a running pgweir shows"));
    show->add_option("subject", subject_, "pools, clients, cache entries, ...: what SHOW knows; help lists it")
        ->required()
        ->type_name("SUBJECT")
        ->expected(1, 2)
        ->check(subject_complaint);
    add(show, answer_form::table, [this] {
        std::string text = "SHOW";
        for (const std::string& word : subject_) text.append(" ").append(word);
        return text;
    });
}

void console_commands::add_cache(CLI::App& app, const std::function<CLI::App*(CLI::App*)>& configured) {
    CLI::App* cache = app.add_subcommand("cache", "look after the result cache of a running pgweir");
    cache->require_subcommand(1);
    add(configured(cache->add_subcommand("stats", "whether it serves, what it holds, what it saves")),
        answer_form::records, [] { return "SHOW CACHE"; });
}

void console_commands::add(CLI::App* parser, answer_form form, std::function<std::string()> text) {
    command& added = commands_.emplace_back(command{parser, form, std::move(text)});
    parser->add_flag("--json", added.json, "for programs: an array of objects");
    add_console_options(*parser, added.console);
}

const console_commands::command* console_commands::find_given() const {
    const auto given = [](const command& each) { return each.parser->parsed(); };
    const auto found = std::find_if(commands_.begin(), commands_.end(), given);
    return found == commands_.end() ? nullptr : &*found;
}

int console_commands::run(const config::source& from) const {
    const command& given = *find_given();
    return with_console(from, given.console, [&given](console_client& console) {
        return show(console, {given.text(), given.json ? answer_form::json : given.form, given.console.limit()});
    });
}

}  // namespace pgweir::cli

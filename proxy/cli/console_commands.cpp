#include "cli/console_commands.hpp"

#include <algorithm>
#include <utility>

#include "session/parameters.hpp"

namespace pgweir::cli {

namespace {

// As CLI11 wants it: what is wrong with the text, or nothing.
std::string subject_complaint(const std::string& text) {
    const bool is_word = std::all_of(
        text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; });
    return is_word && !text.empty() ? "" : "no subject of SHOW: " + text;
}

std::string in_quotes(const std::string& name) {
    std::string text;
    session::append_identifier(text, name);
    return text;
}

}  // namespace

void console_commands::add_to(CLI::App& app, const std::function<CLI::App*(CLI::App*)>& configured) {
    add_show(app, configured);
    add_cache(app, configured);
    add_explain(app, configured);
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
    CLI::App* clear = configured(cache->add_subcommand("clear", "drop what is cached: all of it, or some"));
    clear->add_option("--table", table_, "what was read from this table, as `table` or `schema.table`")
        ->type_name("TABLE");
    clear->add_option("--rule", rule_, "what is kept by this rule")->type_name("RULE")->excludes("--table");
    clear->add_flag("--all", all_, "everything, as without any of these")->excludes("--table")->excludes("--rule");
    add(clear, answer_form::table, [this] {
        if (!table_.empty()) return "CACHE CLEAR TABLE " + table_;
        return rule_.empty() ? "CACHE CLEAR ALL" : "CACHE CLEAR RULE " + in_quotes(rule_);
    });
    add(configured(cache->add_subcommand("test", "how fast the store is, and whether it keeps to the protocol")),
        answer_form::table, [] { return "CACHE TEST"; });
    commands_.back().failure = "FAILED";
}

void console_commands::add_explain(CLI::App& app, const std::function<CLI::App*(CLI::App*)>& configured) {
    CLI::App* explain = configured(
        app.add_subcommand("explain", "what the result cache of a running pgweir makes of a statement, and why"));
    explain->add_option("statement", statement_, "SELECT ...")->required()->type_name("STATEMENT");
    for (const char* option : {"database", "user", "role", "search-path"})
        explain->add_option(std::string("--") + option, explain_as_[option], "of the sessions that ask")
            ->type_name("NAME");
    add(explain, answer_form::records, [this] {
        std::string options;
        for (const auto& [option, value] : explain_as_) {
            if (value.empty()) continue;
            std::string name = option;
            std::replace(name.begin(), name.end(), '-', '_');
            options.append(options.empty() ? "(" : ", ").append(name).append(" ");
            options += in_quotes(value);
        }
        return "EXPLAIN CACHE " + options + (options.empty() ? "" : ") ") + statement_;
    });
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
        const answer_form form = given.json ? answer_form::json : given.form;
        return show(console, {given.text(), form, given.console.limit(), given.failure});
    });
}

}  // namespace pgweir::cli

#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/console_options.hpp"
#include "cli/show.hpp"
#include "config/load.hpp"

namespace pgweir::cli {

/// The subcommands that ask the console of a running pgweir, and print what it answers.
class console_commands {
public:
    /// `configured` adds --config and --set to a subcommand.
    void add_to(CLI::App& app, const std::function<CLI::App*(CLI::App*)>& configured);

    /// One of them stands on the command line.
    bool was_given() const { return find_given() != nullptr; }
    /// Requires that one was given. Returns the exit code.
    int run(const config::source& from) const;

private:
    struct command {
        const CLI::App* parser = nullptr;
        answer_form form = answer_form::table;
        std::function<std::string()> text;  ///< what is typed on the console
        console_options console{};
        std::string failure{};
        bool json = false;
    };

    void add_show(CLI::App& app, const std::function<CLI::App*(CLI::App*)>& configured);
    void add_cache(CLI::App& app, const std::function<CLI::App*(CLI::App*)>& configured);
    void add_explain(CLI::App& app, const std::function<CLI::App*(CLI::App*)>& configured);
    void add(CLI::App* parser, answer_form form, std::function<std::string()> text);
    const command* find_given() const;

    // What was typed. A deque: the parser holds references.
    std::deque<command> commands_;
    std::vector<std::string> subject_;
    std::string table_;
    std::string rule_;
    bool all_ = false;
    std::string statement_;
    std::map<std::string, std::string> explain_as_;
};

}  // namespace pgweir::cli

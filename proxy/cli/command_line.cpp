#include "cli/command_line.hpp"

#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "admin/version.hpp"
#include "base/log.hpp"
#include "config/load.hpp"
#include "config/show.hpp"
#include "net/fault_points.hpp"
#include "runtime/service.hpp"

namespace pgweir::cli {

namespace {

constexpr int done = 0;
constexpr int failed = 1;
constexpr int wrong_usage = 2;

std::map<std::string, std::string> read_environment(char** environment) {
    std::map<std::string, std::string> variables;
    for (; *environment != nullptr; ++environment) {
        const std::string_view entry(*environment);
        const auto equals = entry.find('=');
        if (equals != std::string_view::npos) variables.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
    return variables;
}

/// Reads the configuration or says everything that is wrong with it.
bool load(const config::source& from, config::settings& into) {
    config::outcome loaded = config::load(from);
    for (const config::problem& problem : loaded.problems) std::cerr << config::to_string(problem) << '\n';
    into = std::move(loaded.value);
    return loaded.ok();
}

int serve(const config::source& from) {
    config::settings settings;
    if (!load(from, settings)) return wrong_usage;
    base::log::configure(settings.log.level, settings.log.format);
    try {
        net::read_fault_points();
        runtime::service service({std::move(settings), [&from] { return config::load(from); }});
        return service.run();
    } catch (const std::exception& error) {
        std::cerr << "pgweir: " << error.what() << '\n';
        return failed;
    }
}

int check(const config::source& from) {
    config::settings settings;
    if (!load(from, settings)) return wrong_usage;
    std::cout << "configuration is valid\n";
    return done;
}

int show_config(const config::source& from) {
    config::settings settings;
    if (!load(from, settings)) return wrong_usage;
    std::cout << config::show(settings);
    return done;
}

}  // namespace

int run(int argc, char** argv, char** environment) {
    CLI::App app("pgweir: a connection pooler in front of PostgreSQL", "pgweir");
    app.require_subcommand(1);
    config::source from;
    from.environment = read_environment(environment);
    const auto configured = [&from](CLI::App* command) {
        command->add_option("-c,--config", from.file, "configuration file (YAML); without it, DATABASE_URL is served");
        command->add_option("--set", from.overrides, "key.path=value, overrides file and environment")
            ->type_name("KEY=VALUE")
            ->expected(1)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        return command;
    };
    const CLI::App* const serving = configured(app.add_subcommand("serve", "serve clients until SIGTERM"));
    const CLI::App* const checking = configured(app.add_subcommand("check", "report every error of the configuration"));
    CLI::App* const config_command = app.add_subcommand("config", "look at the configuration");
    config_command->require_subcommand(1);
    const CLI::App* const showing =
        configured(config_command->add_subcommand("show", "print what is in effect, secrets masked"));
    const CLI::App* const versioning = app.add_subcommand("version", "print the version");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? done : wrong_usage;
    }
    if (*serving) return serve(from);
    if (*checking) return check(from);
    if (*showing) return show_config(from);
    if (*versioning) std::cout << "pgweir " << admin::version() << " (" << admin::revision() << ")\n";
    return done;
}

}  // namespace pgweir::cli

#include "cli/command_line.hpp"

#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "admin/version.hpp"
#include "base/log.hpp"
#include "cache/mutants.hpp"
#include "cli/configuration.hpp"
#include "cli/console_commands.hpp"
#include "cli/console_options.hpp"
#include "cli/exit_code.hpp"
#include "cli/health.hpp"
#include "config/addresses.hpp"
#include "config/show.hpp"
#include "config/values.hpp"
#include "net/fault_points.hpp"
#include "runtime/connection_check.hpp"
#include "runtime/service.hpp"

namespace pgweir::cli {

namespace {

std::map<std::string, std::string> read_environment(char** environment) {
    std::map<std::string, std::string> variables;
    for (; *environment != nullptr; ++environment) {
        const std::string_view entry(*environment);
        const auto equals = entry.find('=');
        if (equals != std::string_view::npos) variables.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
    return variables;
}

int serve(const config::source& from) {
    config::settings settings;
    if (!load(from, settings)) return wrong_usage;
    base::log::configure(settings.log.level, settings.log.format);
    try {
        net::read_fault_points();
        cache::read_mutant();
        runtime::service service({std::move(settings), [&from] { return config::load(from); }});
        return service.run();
    } catch (const std::exception& error) {
        std::cerr << "pgweir: " << error.what() << '\n';
        return failed;
    }
}

/// False: something could not be connected to.
bool report_connections(const config::settings& settings) {
    using kind = runtime::connection_finding::kind;
    bool all = true;
    for (const runtime::connection_finding& each : runtime::try_connections(settings)) {
        all = all && each.how != kind::failed;
        std::ostream& out = each.how == kind::failed ? std::cerr : std::cout;
        out << each.key << ": " << (each.how == kind::not_tried ? "not tried: " : "") << each.message << '\n';
    }
    return all;
}

int check(const config::source& from, bool connect) {
    config::settings settings;
    if (!load(from, settings)) return wrong_usage;
    std::cout << "configuration is valid\n";
    try {
        return !connect || report_connections(settings) ? done : failed;
    } catch (const std::exception& error) {
        std::cerr << "pgweir: " << error.what() << '\n';
        return failed;
    }
}

int show_config(const config::source& from) {
    config::settings settings;
    if (!load(from, settings)) return wrong_usage;
    std::cout << config::show(settings);
    return done;
}

struct health_options {
    std::string url;
    std::string timeout = "5s";
    bool ready = false;
};

/// From http://HOST:PORT, also with the slash that a browser puts behind it.
config::parsed<config::listen_address> parse_url(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (!url.starts_with(scheme)) return config::complaint{"does not begin with http://"};
    url.remove_prefix(scheme.size());
    if (url.ends_with('/')) url.remove_suffix(1);
    return config::parse_tcp_address(url);
}

/// As CLI11 wants it: what is wrong with the text, or nothing.
std::string url_complaint(const std::string& text) {
    return parse_url(text).error();
}

CLI::App* add_health_options(CLI::App* command, health_options& asked) {
    command->add_flag("--ready", asked.ready, "whether it can serve clients, not only whether it works");
    command->add_option("--url", asked.url, "where it is; without it, admin.http of the configuration")
        ->type_name("http://HOST:PORT")
        ->check(url_complaint)
        ->excludes("--config")
        ->excludes("--set");
    add_timeout_option(*command, asked.timeout);
    return command;
}

int health(const config::source& from, const health_options& asked) {
    auto where = parse_url(asked.url);
    if (asked.url.empty()) {
        config::settings settings;
        if (!load(from, settings)) return wrong_usage;
        if (settings.admin.http.empty()) {
            std::cerr << "pgweir: admin.http is off, so there is nobody to ask\n";
            return wrong_usage;
        }
        where = config::parse_tcp_address(settings.admin.http);
    }
    return ask_health({*where, asked.ready, *config::parse_duration(asked.timeout)});
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
    CLI::App* const checking = configured(app.add_subcommand("check", "report every error of the configuration"));
    bool connect = false;
    checking->add_flag("--connect", connect, "also connect to all that it names: the databases, and the cache's Redis");
    CLI::App* const config_command = app.add_subcommand("config", "look at the configuration");
    config_command->require_subcommand(1);
    const CLI::App* const showing_config =
        configured(config_command->add_subcommand("show", "print what is in effect, secrets masked"));
    console_commands on_console;
    on_console.add_to(app, configured);
    health_options asked;
    const CLI::App* const asking =
        add_health_options(configured(app.add_subcommand("health", "ask a running pgweir how it is")), asked);
    const CLI::App* const versioning = app.add_subcommand("version", "print the version");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? done : wrong_usage;
    }
    if (*serving) return serve(from);
    if (*checking) return check(from, connect);
    if (*showing_config) return show_config(from);
    if (on_console.was_given()) return on_console.run(from);
    if (*asking) return health(from, asked);
    if (*versioning) std::cout << "pgweir " << admin::version() << " (" << admin::revision() << ")\n";
    return done;
}

}  // namespace pgweir::cli

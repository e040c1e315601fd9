#include "cli/console_options.hpp"

#include <iostream>

#include "cli/configuration.hpp"
#include "cli/exit_code.hpp"
#include "config/values.hpp"
#include "net/address.hpp"

namespace pgweir::cli {

namespace {

// As CLI11 wants it: what is wrong with the text, or nothing.
std::string timeout_complaint(const std::string& text) {
    const auto limit = config::parse_duration(text);
    if (!limit) return limit.error();
    return *limit == base::off ? "must be more than zero" : "";
}

std::string socket_complaint(const std::string& path) {
    return net::socket_address::unix_path(path) ? "" : "no path that a unix socket can have: " + path;
}

/// What was typed is wrong, not what became of it.
bool is_unknown(const std::string& sqlstate) {
    return sqlstate == "42601" || sqlstate == "42704" || sqlstate == "42P01" || sqlstate == "42P09";
}

/// Whether `into` is where to ask.
bool find_socket(const config::source& from, const console_options& asked, std::string& into) {
    into = asked.socket;
    if (!into.empty()) return true;
    config::settings settings;
    if (!load(from, settings)) return false;
    into = settings.admin.socket;
    if (into.empty()) std::cerr << "pgweir: admin.socket is off, so there is nobody to ask\n";
    return !into.empty();
}

}  // namespace

base::duration console_options::limit() const {
    const auto limit = config::parse_duration(timeout);
    return limit ? *limit : base::off;
}

void add_timeout_option(CLI::App& command, std::string& timeout) {
    command.add_option("--timeout", timeout, "how long to wait for an answer")
        ->type_name("DURATION")
        ->check(timeout_complaint)
        ->capture_default_str();
}

void add_console_options(CLI::App& command, console_options& asked) {
    command
        .add_option("--socket", asked.socket,
                    "the console's unix socket; without it, admin.socket of the configuration")
        ->type_name("PATH")
        ->check(socket_complaint)
        ->excludes("--config")
        ->excludes("--set");
    add_timeout_option(command, asked.timeout);
}

int with_console(const config::source& from, const console_options& asked,
                 const std::function<int(console_client&)>& work) {
    std::string socket;
    if (!find_socket(from, asked, socket)) return wrong_usage;
    try {
        console_client console(socket, asked.limit());
        return work(console);
    } catch (const console_error& error) {
        std::cerr << "pgweir: " << socket << ": " << error.what() << '\n';
        return is_unknown(error.sqlstate()) ? wrong_usage : failed;
    }
}

}  // namespace pgweir::cli

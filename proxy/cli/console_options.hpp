#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "base/time.hpp"
#include "cli/console_client.hpp"
#include "config/load.hpp"

namespace pgweir::cli {

/// How a command that asks a running pgweir finds its console, and how patient it is.
struct console_options {
    std::string socket;  ///< empty: admin.socket of the configuration
    std::string timeout = "5s";

    base::duration limit() const;
};

/// --timeout DURATION, for every command that asks somebody else.
void add_timeout_option(CLI::App& command, std::string& timeout);

/// --socket and --timeout, for a command that has --config and --set.
void add_console_options(CLI::App& command, console_options& asked);

/// Runs `work` with a connection to the console that the options or the configuration name. What goes wrong, also a
/// console_error of `work`, is told on standard error. Returns the exit code: that of `work`, 2 when the configuration
/// is wrong or the console does not know the command, else 1.
int with_console(const config::source& from, const console_options& asked,
                 const std::function<int(console_client&)>& work);

}  // namespace pgweir::cli

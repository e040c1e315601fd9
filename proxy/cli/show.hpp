#pragma once

#include <string>

#include "base/time.hpp"
#include "cli/console_client.hpp"

namespace pgweir::cli {

struct show_question {
    std::string subject;  ///< letters and underscores: what SHOW is asked for
    bool json = false;    ///< for programs, not for people
    base::duration limit{};
};

/// Prints what the console shows. Returns the exit code. Throws console_error.
int show(console_client& console, const show_question& question);

}  // namespace pgweir::cli

#pragma once

#include <cstdint>
#include <string>

#include "base/time.hpp"
#include "cli/console_client.hpp"

namespace pgweir::cli {

enum class answer_form : std::uint8_t {
    table,    ///< a line for each row
    records,  ///< a line for each value, for few rows with many columns
    json,     ///< for programs
};

struct console_question {
    std::string command;  ///< as it is typed on the console
    answer_form form = answer_form::table;
    base::duration limit{};
    std::string failure{};  ///< a value by which the answer says that something has failed; empty: none does
};

/// Prints what the console answers. Returns the exit code: 1 also when the answer says that something has failed. Throws
/// console_error.
int show(console_client& console, const console_question& question);

}  // namespace pgweir::cli

#pragma once

#include <string>

#include "cli/console_table.hpp"

namespace pgweir::cli {

/// The table for programs: an array with an object for each row, one on a line. Integers are numbers, NULL is null,
/// everything else a string.
std::string to_json(const console_table& table);

}  // namespace pgweir::cli

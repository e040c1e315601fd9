#pragma once

#include <string>

#include "cli/console_table.hpp"

namespace pgweir::cli {

/// The table for people: a line of names and one for each row, in columns that are aligned, numbers to the right.
/// NULL is empty. What a terminal would obey, and what is no UTF-8, is written as \x and two digits for each byte.
std::string to_text(const console_table& table);

/// The same for tables that are wide and have few rows: a line with name and value for each cell, an empty line between
/// two rows.
std::string to_records(const console_table& table);

}  // namespace pgweir::cli

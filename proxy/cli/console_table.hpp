#pragma once

#include <optional>
#include <string>
#include <vector>

namespace pgweir::cli {

/// A result as the console told it: all values are text.
struct console_table {
    struct column {
        std::string name;
        bool is_number = false;  ///< its type is an integer
    };

    std::vector<column> columns;
    std::vector<std::vector<std::optional<std::string>>> rows;  ///< each has a value for each column; no value: NULL
};

}  // namespace pgweir::cli

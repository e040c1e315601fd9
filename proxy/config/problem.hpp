#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/node.hpp"

namespace pgweir::config {

/// One thing wrong with the configuration, in words for the person who wrote it. Never holds a secret.
struct problem {
    std::string file;     ///< of the configuration; else where the value came from: `--set`, or a variable's name
    int line = 0;         ///< 1-based, 0: none (from environment or --set)
    int column = 0;       ///< 1-based, 0: none
    std::string message;  ///< begins with the key's path, if it is about a key
};

/// `file:line:col: path.to.key: text`, without what is missing.
std::string to_string(const problem&);

using problems = std::vector<problem>;

void report(problems&, const origin& where, std::string_view path, std::string_view text);

/// Text for an error message: quoted, control characters replaced, cut if long.
std::string cited(std::string_view text);

/// `parent.name`, with quotes around a name that holds a dot or another character that `--set` treats specially.
std::string join_path(std::string_view parent, std::string_view name);

}  // namespace pgweir::config

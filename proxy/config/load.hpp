#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/problem.hpp"
#include "config/settings.hpp"

namespace pgweir::config {

/// Where settings come from, the strongest first: overrides, environment (`PGWEIR__A__B`), file, defaults. With no file,
/// `DATABASE_URL` in the environment describes the one database to serve and the one user who may log in.
struct source {
    std::string file;  ///< empty: none
    std::vector<std::string> overrides;  ///< `key.path=value`, from --set; a later one wins
    std::map<std::string, std::string> environment;  ///< also for `${NAME}` in the file and in overrides
};

struct outcome {
    settings value;  ///< complete and checked if ok(); else not to be used
    std::vector<problem> problems;

    bool ok() const noexcept { return problems.empty(); }
};

/// Reads and checks everything and reports all problems of one run. Never throws. Reads the file, and those that
/// `*_file` keys name; opens no connection.
outcome load(const source&);

/// As load, with `text` in place of the file's content; `name` stands in the problems, and `from.file` is not read.
outcome load_text(const std::string& name, const std::string& text, const source& from);

}  // namespace pgweir::config

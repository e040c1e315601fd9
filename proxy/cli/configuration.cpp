#include "cli/configuration.hpp"

#include <iostream>
#include <utility>

namespace pgweir::cli {

bool load(const config::source& from, config::settings& into) {
    config::outcome loaded = config::load(from);
    for (const config::problem& problem : loaded.problems) std::cerr << config::to_string(problem) << '\n';
    into = std::move(loaded.value);
    return loaded.ok();
}

}  // namespace pgweir::cli

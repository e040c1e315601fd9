#pragma once

#include "config/load.hpp"
#include "config/settings.hpp"

namespace pgweir::cli {

/// Reads the configuration or says everything that is wrong with it on standard error; whether it is right.
bool load(const config::source& from, config::settings& into);

}  // namespace pgweir::cli

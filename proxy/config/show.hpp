#pragma once

#include <string>

#include "config/settings.hpp"

namespace pgweir::config {

/// What is in effect, every key with its value, as YAML that the loader would read. Secrets are written `"****"`.
std::string show(const settings&);

}  // namespace pgweir::config

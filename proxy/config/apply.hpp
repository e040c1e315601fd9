#pragma once

#include "config/node.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"

namespace pgweir::config {

/// Walks the tree along the table of keys and stores every value in its field. Reports unknown keys, keys of later
/// versions and values that cannot be read; goes on after each.
void apply(const node& root, settings&, problems&);

}  // namespace pgweir::config

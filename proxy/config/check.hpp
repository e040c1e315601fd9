#pragma once

#include "config/node.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"

namespace pgweir::config {

/// What no single key can tell: missing keys, keys that contradict each other, ways in that stand open. The tree tells
/// where to point. Says nothing about a value that could not be read: that has been reported.
void check(const node& root, const settings&, problems&);

}  // namespace pgweir::config

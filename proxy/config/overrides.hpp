#pragma once

#include <string>
#include <vector>

#include "config/node.hpp"
#include "config/problem.hpp"
#include "config/substitute.hpp"

namespace pgweir::config {

/// Puts every variable `PGWEIR__SECTION__KEY` into the tree, over what is there. Keys are spelled in upper case; a name
/// (of a database, of a user) is matched with those in the tree without regard to case, and is new in lower case.
/// A value is taken literally, without `${...}`: a password may hold anything.
void apply_environment(node& root, const environment&, problems&);

/// Puts every `path.to.key=value` into the tree. A name with a dot in it stands in double quotes.
void apply_overrides(node& root, const std::vector<std::string>& assignments, problems&);

}  // namespace pgweir::config

#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/node.hpp"
#include "config/problem.hpp"
#include "config/values.hpp"

namespace pgweir::config {

using environment = std::map<std::string, std::string>;

/// Replaces `${NAME}`, `${NAME:-default}` (the default also stands in for an empty variable) and `$$`, a literal dollar.
/// Any other dollar means itself, so that a SCRAM verifier can be pasted as it is. What is put in is not looked at again.
parsed<std::string> substitute(std::string_view text, const environment&);

/// Does so in every scalar of the tree that is not verbatim. It runs after parsing, so that no value can inject YAML.
void substitute(node& tree, const environment&, problems&);

}  // namespace pgweir::config

#pragma once

#include <optional>
#include <string>

#include "config/node.hpp"
#include "config/problem.hpp"

namespace pgweir::config {

/// Reads one YAML document. Refused, each with its position: a syntax error, several documents, duplicate keys, merge
/// keys, tags, keys that are no text, nesting deeper than 32 and more than 100,000 values (aliases count each time).
/// `file` is only a name. An empty document is an empty map. Without a value nothing of it can be used.
std::optional<node> parse_document(const std::string& file, const std::string& text, problems&);

/// Reads a single YAML value that has no position of its own, as one given with --set.
std::optional<node> parse_fragment(const origin& where, const std::string& path, const std::string& text, problems&);

}  // namespace pgweir::config

#pragma once

#include <optional>
#include <string>

#include "config/key_table.hpp"
#include "config/node.hpp"
#include "config/problem.hpp"

namespace pgweir::config {

/// The value of `key` as written in `written`, checked against the key's range and choices. Without one the reasons have
/// been reported, each at the place of the text it is about. `path` is the key's, with names in place of placeholders.
std::optional<value> read_value(const key&, const node& written, const std::string& path, problems&);

}  // namespace pgweir::config

#pragma once

#include <string>

namespace pgweir::config {

/// Every key with its kind of value, default and meaning, as Markdown; made from the table of keys.
std::string reference();

}  // namespace pgweir::config

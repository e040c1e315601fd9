#pragma once

#include <string>
#include <string_view>

#include "config/values.hpp"

namespace pgweir::config {

/// Of a user or a database: 1 to 63 bytes of UTF-8 without control characters. Complaints do not repeat the text.
parsed<std::string> parse_name(std::string_view text);

}  // namespace pgweir::config

#pragma once

#include <optional>
#include <string>

#include "base/bytes.hpp"

namespace pgweir::auth {

/// RFC 4648 section 4, with padding, on one line.
std::string base64_encode(base::bytes_view bytes);

/// Strict: no white space, full padding, nothing behind it. Empty text is empty bytes.
std::optional<std::string> base64_decode(base::bytes_view text);

}  // namespace pgweir::auth

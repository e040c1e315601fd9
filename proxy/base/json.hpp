#pragma once

#include <string>
#include <string_view>

namespace pgweir::base {

/// Appends `text` as a JSON string, quotes included (RFC 8259, section 7). Whatever is no UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace pgweir::base

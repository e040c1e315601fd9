#pragma once

#include <cstddef>
#include <string_view>

namespace pgweir::base {

/// Bytes of the well-formed character in front of the text (RFC 3629, section 4); 0 if there is none, or no text.
std::size_t utf8_character_length(std::string_view text) noexcept;

bool is_utf8(std::string_view text) noexcept;

}  // namespace pgweir::base

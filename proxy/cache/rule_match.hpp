#pragma once

#include <string_view>

namespace pgweir::cache {

/// Whether `text` as a whole is like `pattern`, in which * stands for anything. Letters of ASCII are the same in both
/// cases.
bool is_like(std::string_view text, std::string_view pattern) noexcept;

}  // namespace pgweir::cache

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgweir::cache {

/// Whether `names` of a rule are about this one; none: about all.
bool lists(const std::vector<std::string>& names, const std::string& name);

/// Whether `text` as a whole is like `pattern`, in which * stands for anything. Letters of ASCII are the same in both
/// cases.
bool is_like(std::string_view text, std::string_view pattern) noexcept;

}  // namespace pgweir::cache

#pragma once

#include <string_view>
#include <vector>

namespace pgweir::config {

/// The candidate that a typing mistake would turn into `written`, or an empty view if none is near enough.
std::string_view nearest(std::string_view written, const std::vector<std::string_view>& candidates);

}  // namespace pgweir::config

#pragma once

#include <string_view>

namespace pgweir::admin {

std::string_view version() noexcept;
/// The commit it was built from, or `unknown`.
std::string_view revision() noexcept;

}  // namespace pgweir::admin

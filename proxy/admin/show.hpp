#pragma once

#include <optional>
#include <string_view>

#include "admin/result_table.hpp"
#include "admin/state_source.hpp"

namespace pgweir::admin {

/// What SHOW knows, by its name in lower case; nothing for a name it does not know.
bool can_show(std::string_view what);
/// Requires can_show(what).
result_table show(std::string_view what, const proxy_state& state);

}  // namespace pgweir::admin

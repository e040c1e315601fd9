#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "admin/command_table.hpp"
#include "admin/result_table.hpp"
#include "admin/state_source.hpp"

namespace pgweir::admin {

/// What SHOW makes of the state of everything.
struct show_subject {
    std::string_view name;  ///< in lower case
    std::string_view meaning;
    result_table (*make)(const proxy_state&);
};

/// In the order in which SHOW HELP lists them.
std::span<const show_subject> show_subjects();

/// The commands that have a meaning.
result_table show_help(const std::vector<console_command>& commands);

}  // namespace pgweir::admin

#pragma once

#include <string_view>

// What prepared statements are called on servers.

namespace pgweir::session {

/// Of each of ours; its id follows.
inline constexpr std::string_view server_name_prefix = "pgweir_";
/// No statement can have this name: an id never is "none".
inline constexpr std::string_view no_such_statement = "pgweir_none";
/// Of an empty statement that stands in for one to be deallocated where it never was prepared.
inline constexpr std::string_view placeholder_statement = "pgweir_gone";

}  // namespace pgweir::session

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgweir::sql {

/// The schemas that a value of search_path names, in order, with `user` in place of "$user". A value that is no list of
/// names has none: PostgreSQL does not accept it.
std::vector<std::string> split_search_path(std::string_view value, std::string_view user);

}  // namespace pgweir::sql

#pragma once

#include <cstddef>
#include <string_view>

namespace pgweir::sql {

/// An upper bound for how many nodes stand below each other in the tree that PostgreSQL's grammar makes of the text, if
/// it parses at all. From tokens alone, in one pass; stops counting somewhere above `enough`.
std::size_t tree_depth_bound(std::string_view text, std::size_t enough) noexcept;

}  // namespace pgweir::sql

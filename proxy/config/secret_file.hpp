#pragma once

#include <cstddef>
#include <string>

#include "config/values.hpp"

namespace pgweir::config {

/// The bytes of a regular file, at most `limit`.
parsed<std::string> read_file(const std::string& path, std::size_t limit);

/// What a `*_file` key names: a secret without the newline that editors and `echo` leave at the end. A relative path is
/// seen from the folder of the configuration that names it. Complaints repeat the path, never the content.
parsed<std::string> read_secret_file(const std::string& path, const std::string& configuration);

}  // namespace pgweir::config

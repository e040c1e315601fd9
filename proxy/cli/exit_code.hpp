#pragma once

namespace pgweir::cli {

inline constexpr int done = 0;
inline constexpr int failed = 1;       ///< while it ran
inline constexpr int wrong_usage = 2;  ///< the command line or the configuration is wrong

}  // namespace pgweir::cli

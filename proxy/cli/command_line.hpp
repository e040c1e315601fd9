#pragma once

namespace pgweir::cli {

/// Runs what the command line asks for. Returns the exit code: 0 done, 1 it failed while running, 2 the command line
/// or the configuration is wrong.
int run(int argc, char** argv, char** environment);

}  // namespace pgweir::cli

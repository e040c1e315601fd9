#include <csignal>

#include "cli/command_line.hpp"

extern char** environ;

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    return pgweir::cli::run(argc, argv, environ);
}

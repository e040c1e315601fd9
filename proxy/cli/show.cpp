#include "cli/show.hpp"

#include <iostream>

#include "cli/exit_code.hpp"
#include "cli/table_json.hpp"
#include "cli/table_text.hpp"

namespace pgweir::cli {

int show(console_client& console, const show_question& question) {
    const console_table table = console.ask("SHOW " + question.subject, question.limit);
    std::cout << (question.json ? to_json(table) : to_text(table)) << std::flush;
    if (std::cout) return done;
    std::cerr << "pgweir: cannot write to standard output\n";
    return failed;
}

}  // namespace pgweir::cli

#include "cli/show.hpp"

#include <algorithm>
#include <iostream>
#include <optional>

#include "cli/exit_code.hpp"
#include "cli/table_json.hpp"
#include "cli/table_text.hpp"

namespace pgweir::cli {

namespace {

std::string written(const console_table& table, answer_form form) {
    switch (form) {
        case answer_form::json: return to_json(table);
        case answer_form::records: return to_records(table);
        case answer_form::table: break;
    }
    return to_text(table);
}

bool says(const console_table& table, const std::string& failure) {
    if (failure.empty()) return false;
    return std::any_of(table.rows.begin(), table.rows.end(), [&failure](const auto& row) {
        return std::find(row.begin(), row.end(), std::optional(failure)) != row.end();
    });
}

}  // namespace

int show(console_client& console, const console_question& question) {
    const console_table table = console.ask(question.command, question.limit);
    std::cout << written(table, question.form) << std::flush;
    if (std::cout) return says(table, question.failure) ? failed : done;
    std::cerr << "pgweir: cannot write to standard output\n";
    return failed;
}

}  // namespace pgweir::cli

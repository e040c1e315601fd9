// The startup parameter `options`, which a server treats as command-line arguments: pg_split_opts(), then getopt().
#include <algorithm>

#include "wire/startup.hpp"

namespace pgweir::wire {

namespace {

bool is_space(char c) noexcept {
    return std::string_view(" \t\n\v\f\r").find(c) != std::string_view::npos;
}

std::vector<std::string> split_words(std::string_view options) {
    std::vector<std::string> words;
    std::size_t at = 0;
    for (;;) {
        while (at < options.size() && is_space(options[at])) ++at;
        if (at == options.size()) return words;
        std::string word;
        bool escaped = false;
        for (; at < options.size() && (escaped || !is_space(options[at])); ++at) {
            const bool escapes_next = !escaped && options[at] == '\\';
            if (!escapes_next) word.push_back(options[at]);
            escaped = escapes_next;
        }
        words.push_back(std::move(word));
    }
}

base::result<startup_option> parse_assignment(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return error_code::missing_option_value;
    if (equals == 0) return error_code::bad_option;
    startup_option option{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
    std::replace(option.name.begin(), option.name.end(), '-', '_');
    return option;
}

}  // namespace

base::result<std::vector<startup_option>> parse_options(std::string_view options) {
    const std::vector<std::string> words = split_words(options);
    std::vector<startup_option> found;
    for (auto word = words.begin(); word != words.end(); ++word) {
        std::string_view assignment = *word;
        if (assignment == "--") {
            // The end of the switches for getopt(); a server takes no other arguments.
            if (word + 1 != words.end()) return error_code::bad_option;
            break;
        }
        if (assignment == "-c") {
            if (++word == words.end()) return error_code::bad_option;
            assignment = *word;
        } else if (assignment.starts_with("-c") || assignment.starts_with("--")) {
            assignment.remove_prefix(2);
        } else {
            return error_code::bad_option;
        }
        auto option = parse_assignment(assignment);
        if (!option) return option.error();
        found.push_back(std::move(option).value());
    }
    return found;
}

}  // namespace pgweir::wire

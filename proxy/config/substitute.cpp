#include "config/substitute.hpp"

#include <cctype>
#include <cstddef>

namespace pgweir::config {

namespace {

bool is_variable_name(std::string_view name) {
    if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
    for (const char c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') return false;
    return true;
}

/// expression: what stands between the braces.
parsed<std::string> expand(std::string_view expression, const environment& variables) {
    constexpr std::string_view separator = ":-";
    const std::size_t end_of_name = expression.find(separator);
    const bool has_default = end_of_name != std::string_view::npos;
    const std::string name(expression.substr(0, end_of_name));
    if (!is_variable_name(name))
        return complaint{"only ${NAME} and ${NAME:-default} are understood; write $$ for a dollar sign"};
    const auto found = variables.find(name);
    if (has_default && (found == variables.end() || found->second.empty())) {
        const std::string_view fallback = expression.substr(end_of_name + separator.size());
        if (fallback.find("${") != std::string_view::npos)
            return complaint{"a default inside ${...} cannot hold another ${...}"};
        return std::string(fallback);
    }
    if (found == variables.end())
        return complaint{"the environment variable " + name + " is not set; ${" + name +
                         ":-...} would give it a default"};
    return found->second;
}

void substitute_below(node& here, const std::string& path, const environment& variables, problems& found) {
    if (here.kind == node::shape::scalar && !here.verbatim) {
        auto replaced = substitute(here.text, variables);
        if (replaced)
            here.text = *replaced;
        else
            report(found, here.where, path, replaced.error());
        // An undefined variable is one problem; what its text would have been must not become another.
        if (!replaced) here.kind = node::shape::broken;
    }
    for (node& item : here.items) substitute_below(item, path, variables, found);
    for (member& each : here.members) substitute_below(each.value, join_path(path, each.name), variables, found);
}

}  // namespace

parsed<std::string> substitute(std::string_view text, const environment& variables) {
    std::string out;
    while (true) {
        const std::size_t dollar = text.find('$');
        out += text.substr(0, dollar);
        if (dollar == std::string_view::npos) return out;
        text.remove_prefix(dollar + 1);
        if (!text.empty() && text.front() == '$') {
            out += '$';
            text.remove_prefix(1);
        } else if (!text.empty() && text.front() == '{') {
            const std::size_t end = text.find('}');
            if (end == std::string_view::npos) return complaint{"${ without }; write $$ for a dollar sign"};
            auto value = expand(text.substr(1, end - 1), variables);
            if (!value) return value;
            out += *value;
            text.remove_prefix(end + 1);
        } else {
            out += '$';
        }
    }
}

void substitute(node& tree, const environment& variables, problems& found) {
    substitute_below(tree, {}, variables, found);
}

}  // namespace pgweir::config

#include "config/problem.hpp"

#include <algorithm>

namespace pgweir::config {

namespace {

constexpr std::size_t quoted_length = 80;

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '*';
}

}  // namespace

std::string to_string(const problem& p) {
    std::string text = p.file;
    if (p.line > 0) text += ":" + std::to_string(p.line) + ":" + std::to_string(p.column);
    if (!text.empty()) text += ": ";
    return text + p.message;
}

void report(problems& found, const origin& where, std::string_view path, std::string_view text) {
    std::string message(path);
    if (!path.empty()) message += ": ";
    message += text;
    found.push_back({where.file, where.line, where.column, std::move(message)});
}

std::string cited(std::string_view text) {
    std::string shown = "\"";
    for (const char c : text.substr(0, quoted_length))
        shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    if (text.size() > quoted_length) shown += "...";
    return shown + '"';
}

std::string join_path(std::string_view parent, std::string_view name) {
    std::string path(parent);
    if (!path.empty()) path += '.';
    if (!name.empty() && std::all_of(name.begin(), name.end(), is_plain)) return path.append(name);
    return path + cited(name);
}

}  // namespace pgweir::config

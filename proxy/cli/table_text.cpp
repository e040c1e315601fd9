#include "cli/table_text.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "base/utf8.hpp"

namespace pgweir::cli {

namespace {

constexpr std::string_view between_columns = "  ";

/// U+0000 to U+001F, U+007F, and U+0080 to U+009F, which are two bytes: terminals know escape sequences among both.
bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character.front());
    if (character.size() == 1) return first < 0x20 || first == 0x7f;
    return character.size() == 2 && first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

struct shown_text {
    std::string text;
    std::size_t width = 0;  ///< in characters, each of which is taken to be as wide as the others
};

shown_text printable(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    shown_text shown;
    while (!text.empty()) {
        const std::size_t length = base::utf8_character_length(text);
        const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
        text.remove_prefix(character.size());
        if (length > 0 && !is_control(character)) {
            shown.text += character;
            ++shown.width;
            continue;
        }
        for (const char c : character) {
            const auto byte = static_cast<unsigned char>(c);
            shown.text.append("\\x").append(1, digits[byte >> 4U]).append(1, digits[byte & 0xfU]);
            shown.width += 4;
        }
    }
    return shown;
}

using shown_row = std::vector<shown_text>;

std::vector<shown_row> printable_rows(const console_table& table) {
    std::vector<shown_row> rows(1);
    for (const auto& column : table.columns) rows.front().push_back(printable(column.name));
    for (const auto& row : table.rows) {
        auto& shown = rows.emplace_back();
        for (const auto& value : row) shown.push_back(printable(value.value_or("")));
    }
    return rows;
}

}  // namespace

std::string to_records(const console_table& table) {
    const std::vector<shown_row> rows = printable_rows(table);
    std::size_t width = 0;
    for (const shown_text& name : rows.front()) width = std::max(width, name.width);
    std::string out;
    for (std::size_t row = 1; row < rows.size(); ++row) {
        if (row > 1) out += '\n';
        for (std::size_t i = 0; i < rows[row].size(); ++i) {
            const shown_text& name = rows.front()[i];
            std::string line = name.text + std::string(width - name.width, ' ');
            line.append(between_columns).append(rows[row][i].text);
            out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
        }
    }
    return out;
}

std::string to_text(const console_table& table) {
    const std::vector<shown_row> rows = printable_rows(table);
    std::vector<std::size_t> widths(table.columns.size());
    for (const shown_row& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].width);
    std::string out;
    for (const shown_row& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string padding(widths[i] - row[i].width, ' ');
            line += i == 0 ? "" : between_columns;
            line += table.columns[i].is_number ? padding + row[i].text : row[i].text + padding;
        }
        out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
    return out;
}

}  // namespace pgweir::cli

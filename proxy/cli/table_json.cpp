#include "cli/table_json.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "base/json.hpp"

namespace pgweir::cli {

namespace {

/// As JSON writes them (RFC 8259, section 6): no leading zero.
bool is_integer(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    const bool has_only_digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    return has_only_digits && !text.empty() && (text.size() == 1 || text.front() != '0');
}

void append_value(std::string& out, const console_table::column& of, const std::optional<std::string>& value) {
    if (!value)
        out += "null";
    else if (of.is_number && is_integer(*value))
        out += *value;
    else
        base::append_json_string(out, *value);
}

}  // namespace

std::string to_json(const console_table& table) {
    std::string out = "[";
    for (const auto& row : table.rows) {
        out += out.size() == 1 ? "\n  {" : ",\n  {";
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i > 0) out += ", ";
            base::append_json_string(out, table.columns[i].name);
            out += ": ";
            append_value(out, table.columns[i], row[i]);
        }
        out += '}';
    }
    out += out.size() == 1 ? "]\n" : "\n]\n";
    return out;
}

}  // namespace pgweir::cli

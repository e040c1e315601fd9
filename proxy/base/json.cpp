#include "base/json.hpp"

#include <fmt/format.h>

#include <cstddef>

#include "base/utf8.hpp"

namespace pgweir::base {

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const std::size_t length = utf8_character_length(text);
        const char c = text.front();
        if (length == 0) {
            out += "\\ufffd";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            if (c == '"' || c == '\\') out += '\\';
            out.append(text.substr(0, length));
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    out += '"';
}

}  // namespace pgweir::base

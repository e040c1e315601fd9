#include "config/names.hpp"

#include <algorithm>
#include <cstddef>

#include "base/utf8.hpp"

namespace pgweir::config {

namespace {

constexpr std::size_t longest_name = 63;  // NAMEDATALEN - 1: PostgreSQL cuts what is longer

}  // namespace

parsed<std::string> parse_name(std::string_view text) {
    if (text.empty()) return complaint{"must not be empty"};
    if (text.size() > longest_name) return complaint{"is longer than 63 bytes, where PostgreSQL cuts names"};
    const bool has_control =
        std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (has_control) return complaint{"holds a control character"};
    if (!base::is_utf8(text)) return complaint{"is not UTF-8"};
    return std::string(text);
}

}  // namespace pgweir::config

#include "config/names.hpp"

#include <algorithm>
#include <cstddef>

namespace pgweir::config {

namespace {

constexpr std::size_t longest_name = 63;  // NAMEDATALEN - 1: PostgreSQL cuts what is longer

/// Bytes of the character that begins with `lead`; 0: none begins so. Overlong forms of two bytes are left out here.
std::size_t length_of_character(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead < 0xe0) return 2;
    if (lead >= 0xe0 && lead < 0xf0) return 3;
    return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

/// Whether `second` may follow `lead`: RFC 3629, section 4, without overlong forms, surrogates and what is above U+10FFFF.
bool may_follow(unsigned char lead, unsigned char second) {
    if (second < 0x80 || second > 0xbf) return false;
    if (lead == 0xe0) return second >= 0xa0;
    if (lead == 0xed) return second <= 0x9f;
    if (lead == 0xf0) return second >= 0x90;
    return lead != 0xf4 || second <= 0x8f;
}

}  // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto lead = static_cast<unsigned char>(text[0]);
        const std::size_t length = length_of_character(lead);
        if (length == 0 || length > text.size()) return false;
        if (length > 1 && !may_follow(lead, static_cast<unsigned char>(text[1]))) return false;
        for (std::size_t i = 2; i < length; ++i)
            if ((static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80U) return false;
        text.remove_prefix(length);
    }
    return true;
}

parsed<std::string> parse_name(std::string_view text) {
    if (text.empty()) return complaint{"must not be empty"};
    if (text.size() > longest_name) return complaint{"is longer than 63 bytes, where PostgreSQL cuts names"};
    const bool has_control =
        std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (has_control) return complaint{"holds a control character"};
    if (!is_utf8(text)) return complaint{"is not UTF-8"};
    return std::string(text);
}

}  // namespace pgweir::config

#include "auth/saslprep.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>

namespace pgweir::auth {
namespace {

struct code_range {
    std::uint32_t first;
    std::uint32_t last;
};

// RFC 3454 table C.1.2.
constexpr code_range other_spaces[] = {{0x00a0, 0x00a0}, {0x1680, 0x1680}, {0x2000, 0x200b},
                                       {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}};

// RFC 3454 table B.1. U+200B stands in both tables; like PostgreSQL, a space is made of it.
constexpr code_range mapped_to_nothing[] = {{0x00ad, 0x00ad}, {0x034f, 0x034f}, {0x1806, 0x1806}, {0x180b, 0x180d},
                                            {0x200c, 0x200d}, {0x2060, 0x2060}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}};

// RFC 4013 section 2.3: RFC 3454 tables C.2.1 to C.9 without what is mapped above. Surrogates are no UTF-8.
constexpr code_range prohibited[] = {{0x0000, 0x001f},   {0x007f, 0x009f},   {0x0340, 0x0341},   {0x06dd, 0x06dd},
                                     {0x070f, 0x070f},   {0x180e, 0x180e},   {0x200e, 0x200f},   {0x2028, 0x202e},
                                     {0x2061, 0x2063},   {0x206a, 0x206f},   {0x2ff0, 0x2ffb},   {0xe000, 0xf8ff},
                                     {0xfdd0, 0xfdef},   {0xfff9, 0xffff},   {0x1d173, 0x1d17a}, {0x1fffe, 0x1ffff},
                                     {0x2fffe, 0x2ffff}, {0x3fffe, 0x3ffff}, {0x4fffe, 0x4ffff}, {0x5fffe, 0x5ffff},
                                     {0x6fffe, 0x6ffff}, {0x7fffe, 0x7ffff}, {0x8fffe, 0x8ffff}, {0x9fffe, 0x9ffff},
                                     {0xafffe, 0xaffff}, {0xbfffe, 0xbffff}, {0xcfffe, 0xcffff}, {0xdfffe, 0xdffff},
                                     {0xe0001, 0xe0001}, {0xe0020, 0xe007f}, {0xefffe, 0x10ffff}};

template <std::size_t Size>
bool contains(const code_range (&ranges)[Size], std::uint32_t code) {
    const auto* place = std::lower_bound(std::begin(ranges), std::end(ranges), code,
                                         [](const code_range& range, std::uint32_t c) { return range.last < c; });
    return place != std::end(ranges) && place->first <= code;
}

std::uint32_t byte_at(std::string_view text, std::size_t i) {
    return static_cast<unsigned char>(text[i]);
}

/// Cuts off the first code point; nothing if it is not the shortest UTF-8 of a code point up to U+10FFFF.
std::optional<std::uint32_t> next_code(std::string_view& text) {
    const std::uint32_t lead = byte_at(text, 0);
    if (lead < 0x80) {
        text.remove_prefix(1);
        return lead;
    }
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return std::nullopt;
    std::uint32_t code = lead & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte_at(text, i) & 0xc0) != 0x80) return std::nullopt;
        code = code << 6 | (byte_at(text, i) & 0x3f);
    }
    constexpr std::uint32_t shortest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < shortest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return std::nullopt;
    text.remove_prefix(length);
    return code;
}

}  // namespace

std::string saslprep(std::string_view password) {
    const bool is_ascii =
        std::all_of(password.begin(), password.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (is_ascii) return std::string(password);

    std::string prepared;
    prepared.reserve(password.size());
    for (auto rest = password; !rest.empty();) {
        const auto before = rest;
        const auto code = next_code(rest);
        if (!code || contains(prohibited, *code)) return std::string(password);
        if (contains(other_spaces, *code))
            prepared += ' ';
        else if (!contains(mapped_to_nothing, *code))
            prepared += before.substr(0, before.size() - rest.size());
    }
    return prepared.empty() ? std::string(password) : prepared;
}

}  // namespace pgweir::auth

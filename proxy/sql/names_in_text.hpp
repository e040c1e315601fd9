#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "sql/tokens.hpp"

namespace pgweir::sql {

inline constexpr std::size_t longest_name = 63;  ///< NAMEDATALEN less one, in bytes

/// Calls `visit(std::string_view)` for each identifier of the text, keywords too, as PostgreSQL keeps names: folded
/// unless quoted, and cut. One pass, no allocation for what is not quoted. False: the text ended inside of a comment,
/// a string or a quoted identifier, and what stands there was not looked at.
template <class Visit>
bool for_each_name(std::string_view text, bool standard_conforming_strings, Visit&& visit) {
    std::array<char, longest_name> name;
    tokens all(text, standard_conforming_strings);
    for (token each = all.next(); each.kind != token_kind::end; all.next(each)) {
        if (each.kind == token_kind::identifier) {
            const std::size_t size = std::min(each.text.size(), longest_name);
            std::transform(each.text.begin(), each.text.begin() + static_cast<std::ptrdiff_t>(size), name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
            visit(std::string_view(name.data(), size));
        } else if (each.kind == token_kind::quoted_identifier) {
            visit(std::string_view(identifier_value(each.text)).substr(0, longest_name));
        }
    }
    return !all.ended_inside();
}

}  // namespace pgweir::sql

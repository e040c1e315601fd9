#include "sql/suspects.hpp"

#include <algorithm>
#include <array>

#include "sql/tokens.hpp"

namespace pgweir::sql {

namespace {

constexpr std::size_t longest_name = 63;  // NAMEDATALEN

char folded(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

void suspects::add(std::string_view name, effect what) {
    by_name_[std::string(name)] |= what;
}

effect suspects::look(std::string_view text, bool standard_conforming_strings) const {
    effect found = any_text_;
    if (by_name_.empty()) return found;
    std::array<char, longest_name> name;
    tokens all(text, standard_conforming_strings);
    for (token each = all.next(); each.kind != token_kind::end; all.next(each)) {
        auto known = by_name_.end();
        if (each.kind == token_kind::identifier) {
            const std::size_t size = std::min(each.text.size(), longest_name);
            std::transform(each.text.begin(), each.text.begin() + static_cast<std::ptrdiff_t>(size), name.begin(),
                           folded);
            known = by_name_.find(std::string_view(name.data(), size));
        } else if (each.kind == token_kind::quoted_identifier) {
            known = by_name_.find(std::string_view(identifier_value(each.text)).substr(0, longest_name));
        }
        if (known != by_name_.end()) found |= known->second;
    }
    return found;
}

}  // namespace pgweir::sql

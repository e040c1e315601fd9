#include "sql/search_path.hpp"

#include "sql/tokens.hpp"

namespace pgweir::sql {

std::vector<std::string> split_search_path(std::string_view value, std::string_view user) {
    std::vector<std::string> schemas;
    tokens all(value);
    bool name_is_due = true;
    for (token next = all.next(); next.kind != token_kind::end; next = all.next()) {
        if (name_is_due) {
            const bool is_name = next.kind == token_kind::identifier || next.kind == token_kind::quoted_identifier;
            if (!is_name) return {};
            std::string name = identifier_value(next.text);
            schemas.push_back(name == "$user" ? std::string(user) : std::move(name));
        } else if (next.text != ",") {
            return {};
        }
        name_is_due = !name_is_due;
    }
    return schemas;
}

}  // namespace pgweir::sql

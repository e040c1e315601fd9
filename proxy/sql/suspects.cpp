#include "sql/suspects.hpp"

#include "sql/names_in_text.hpp"

namespace pgweir::sql {

void suspects::add(std::string_view name, effect what) {
    by_name_[std::string(name)] |= what;
}

effect suspects::look(std::string_view text, bool standard_conforming_strings) const {
    effect found = any_text_;
    if (by_name_.empty()) return found;
    for_each_name(text, standard_conforming_strings, [this, &found](std::string_view name) {
        const auto known = by_name_.find(name);
        if (known != by_name_.end()) found |= known->second;
    });
    return found;
}

}  // namespace pgweir::sql

#include "catalog/name_table.hpp"

#include <algorithm>
#include <tuple>

namespace pgweir::catalog {

void name_table::add(std::string_view name, schema_number schema, std::uint32_t value) {
    // Overloads come one after the other.
    const bool same = !entries_.empty() && name_of(entries_.back()) == name;
    const std::uint32_t at = same ? entries_.back().name_at : static_cast<std::uint32_t>(characters_.size());
    if (!same) characters_ += name;
    entries_.push_back({at, static_cast<std::uint16_t>(name.size()), schema, value});
}

void name_table::seal() {
    const auto key = [this](const entry& one) { return std::tuple(name_of(one), one.schema); };
    std::ranges::sort(entries_, {}, key);
    std::size_t kept = 0;
    for (const entry& one : entries_) {
        if (kept > 0 && key(entries_[kept - 1]) == key(one))
            entries_[kept - 1].value |= one.value;
        else
            entries_[kept++] = one;
    }
    entries_.resize(kept);
    entries_.shrink_to_fit();
    characters_.shrink_to_fit();
}

std::span<const name_table::entry> name_table::find(std::string_view name) const noexcept {
    // Not equal_range(), whose result clang 14 cannot take apart with this library.
    const auto key = [this](const entry& one) { return name_of(one); };
    const auto first = std::ranges::lower_bound(entries_, name, {}, key);
    return {first, std::ranges::upper_bound(first, entries_.end(), name, {}, key)};
}

const name_table::entry* name_table::find(std::string_view name, schema_number schema) const noexcept {
    for (const entry& one : find(name))
        if (one.schema == schema) return &one;
    return nullptr;
}

}  // namespace pgweir::catalog

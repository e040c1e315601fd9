#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pgweir::catalog {

/// A schema by number: see schema_names.
using schema_number = std::uint32_t;

/// What is known of qualified names: a number for each. Filled, sealed, then only looked at, by any thread. Made for
/// thousands of names, in little memory.
class name_table {
public:
    struct entry {
        std::uint32_t name_at;  ///< in all the names' characters
        std::uint16_t name_size;
        schema_number schema;
        std::uint32_t value;
    };

    void add(std::string_view name, schema_number schema, std::uint32_t value);
    /// `values` of a name that was added more than once are bits, and become one entry. Before the first find().
    void seal();

    /// All of that name, in whatever schema, sorted by schema.
    std::span<const entry> find(std::string_view name) const noexcept;
    /// nullptr when there is none.
    const entry* find(std::string_view name, schema_number schema) const noexcept;

    /// Calls `look(name, schema, value)` for each.
    template <class Function>
    void for_each(Function&& look) const {
        for (const entry& one : entries_) look(name_of(one), one.schema, one.value);
    }

    std::size_t size() const noexcept { return entries_.size(); }
    std::size_t bytes() const noexcept { return characters_.capacity() + entries_.capacity() * sizeof(entry); }

private:
    std::string_view name_of(const entry& one) const noexcept {
        return std::string_view(characters_).substr(one.name_at, one.name_size);
    }

    std::string characters_;
    std::vector<entry> entries_;  // sorted by name and schema
};

}  // namespace pgweir::catalog

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "metrics/cache_labels.hpp"
#include "sql/row_order.hpp"

namespace pgweir::cache {

/// Which hits are executed, to compare what is kept with what the server says. One for each worker.
class audit_choice {
public:
    /// `seed`: clients cannot know it.
    explicit audit_choice(std::uint64_t seed) : state_(seed) {}

    /// One in `share`, by chance; 0: none.
    bool takes(std::uint64_t share) noexcept;

private:
    std::uint64_t state_;
};

/// Of a reply, for people: equal for the same rows in any order.
struct reply_print {
    std::size_t rows = 0;
    std::size_t bytes = 0;
    std::uint64_t digest = 0;
};
reply_print print_of(std::string_view rows);

/// What is known of the statement.
struct audit_terms {
    bool varies = false;  ///< two executions may differ in their rows, and both be right
    std::string_view description{};  ///< RowDescription; empty: the client did not ask for it
    std::span<const sql::sort_column> sorted_by{};
};

/// Two replies to one statement, each DataRow ... CommandComplete: `same` when they have the same rows, however often
/// each, and the same end; and the same order, where the rows say that there is one only: see is_in_total_order().
metrics::cache_audit compare(std::string_view kept, std::string_view found, const audit_terms& of);

}  // namespace pgweir::cache

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "metrics/cache_labels.hpp"

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

/// Two replies to one statement, each DataRow ... CommandComplete: `same` when they have the same rows, however often
/// each, in whatever order, and the same end. `varies`: two executions may differ and both be right.
metrics::cache_audit compare(std::string_view kept, std::string_view found, bool varies);

}  // namespace pgweir::cache

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pgweir::sql {

/// Puts into `shape` a text that is understood as `text` is, and that many texts have in common: comments are gone,
/// white space is one blank, and in SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES, CALL and EXECUTE a number is 0 or .0
/// and a string ''; of neighbours in VALUES and in IN (...) that then look alike one is left. Everything that
/// statement_facts tell apart is kept: strings that may name a moment, the number of float(n). So is what another
/// reading might depend on: strings with a prefix, in dollar quotes or in pieces, and all literals of other statements.
///
/// The shape is SQL itself, so facts are to be taken from it: understand(shape) is understand(text), and texts of one
/// shape cannot differ in their facts. Only a text over max_understood_bytes may be understood by its shape alone.
/// Not for standard_conforming_strings = off, nor for encodings that `tokens` excludes. One pass; allocates only
/// what `shape` lacks.
void write_shape(std::string_view text, std::string& shape);

/// Where a text has integers of up to nine digits for which its shape has a 0, as far as there is room to note them.
class integer_places {
public:
    bool empty() const noexcept { return count_ == 0; }
    /// Whether `text` is `noted`, of which these are the places, but for the digits there: then both have one shape. Costs
    /// little more than comparing them.
    bool are_all_that_differs(std::string_view text, std::string_view noted) const noexcept;

    /// For write_shape().
    void note(std::size_t begin, std::size_t size) noexcept;
    void clear() noexcept { count_ = 0; }

private:
    static constexpr std::size_t most_digits = 9;
    struct place {
        std::uint32_t begin;
        std::uint32_t size;
    };
    std::array<place, 8> places_{};
    std::size_t count_ = 0;
};

/// The same, and notes the places.
void write_shape(std::string_view text, std::string& shape, integer_places& places);

}  // namespace pgweir::sql

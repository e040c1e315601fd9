#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace pgweir::cache {

/// How often a statement has to be asked for before its reply is worth its place, by what it costs the server: what takes
/// long is kept when it is asked for the first time, and so is what nobody has tried yet. `shared`: in a store behind
/// a network, where keeping a reply costs more than many a statement.
unsigned worthwhile_from(base::duration took, bool shared) noexcept;

/// Whether it is better to wait for another pgweir to execute it.
bool is_worth_a_lease(base::duration took) noexcept;

/// How often statements were asked for, among the last ten thousands. What is remembered are small counts, by hashes, so
/// that one in some hundred is taken for known that is not.
class admission {
public:
    explicit admission(std::uint64_t seed);

    /// Counts this time, too; no more than `most`.
    unsigned count(std::string_view key);

    /// What has been of use is known to be asked for, whoever counted it.
    void raise(std::string_view key) {
        while (count(key) < enough) {}
    }

    static constexpr unsigned most = 15;

private:
    static constexpr unsigned enough = 3;  // for worthwhile_from()
    // The counts of a key stand side by side, as hardly any is in the processor's cache already. With three counts for
    // each key one in five is in use at most, and one key in a hundred is mistaken in each half.
    static constexpr std::size_t line_count = 2048;
    static constexpr std::size_t counts_in_half = 128;
    static constexpr std::size_t most_noted = 16 * 1024;
    using places = std::array<std::size_t, 3>;

    class half {
    public:
        unsigned of(const places& key) const noexcept;
        /// Returns how many there are with this one.
        unsigned add(const places& key) noexcept;

    private:
        unsigned at(std::size_t place) const noexcept { return unsigned{pairs_[place / 2]} >> (place % 2 * 4) & most; }

        std::array<std::uint8_t, counts_in_half / 2> pairs_{};
    };
    struct alignas(128) line {
        half recent;  // two halves, so that what was noted is forgotten bit by bit
        half older;
    };

    std::uint64_t seed_;
    std::vector<line> lines_;
    std::size_t noted_ = 0;
};

}  // namespace pgweir::cache

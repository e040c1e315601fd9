#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pgweir::cache {

/// Which reads the cache is asked about at all. To look for a reply and to count how often it was wanted costs more than
/// it saves where hardly anything is asked for twice; there most reads pass the cache, and the rest tell when that
/// changes. One for each worker.
class look_choice {
public:
    /// `seed`: clients cannot know it.
    explicit look_choice(std::uint64_t seed) : seed_(seed) {}

    /// Whether to ask about this text now. Texts that begin alike count as one.
    bool takes(std::string_view text) noexcept;

    /// What came of it: a reply was found, or would have been worth much.
    void note(std::string_view text, bool of_use) noexcept;

    // One look in so many has to be of use, of so many that are taken as the measure.
    static constexpr unsigned share = 64;
    static constexpr unsigned measure = 4096;
    static constexpr unsigned measure_of_few = 256;
    /// Where they are not, one read in so many is asked about.
    static constexpr unsigned few = 16;

private:
    struct experience {
        std::uint16_t looks = 0;
        std::uint16_t of_use = 0;
        std::uint8_t passed = 0;  ///< since the last that was asked about
        bool looks_at_few = false;
    };
    // Behind it come values, which are another each time.
    static constexpr std::size_t compared = 32;

    experience& of(std::string_view text) noexcept;

    std::uint64_t seed_;
    std::array<experience, 512> all_{};
};

}  // namespace pgweir::cache

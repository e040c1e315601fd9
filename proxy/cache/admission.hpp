#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace pgweir::cache {

/// Whether a statement is asked for often enough that its reply is worth its place: when it was asked for before, among
/// the last ten thousands. What is remembered are bits, by hashes, so that one in some hundred is taken for known that
/// is not.
class admission {
public:
    explicit admission(std::uint64_t seed);

    bool admits(std::string_view key);

private:
    // With three bits for each key at most one bit in six is set, and one key in two hundred is mistaken in each half.
    static constexpr std::size_t slots = 256 * 1024;
    static constexpr std::size_t most_noted = 16 * 1024;
    using places = std::array<std::size_t, 3>;

    static bool has(const std::vector<bool>& half, const places& of);

    std::uint64_t seed_;
    std::vector<bool> recent_;  // two halves, so that what was noted is forgotten bit by bit
    std::vector<bool> older_;
    std::size_t noted_ = 0;
};

}  // namespace pgweir::cache

#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace pgweir::catalog {

/// Numbers 0 to size - 1 in sets, each by itself at first.
class disjoint_sets {
public:
    explicit disjoint_sets(std::size_t size) : above_(size) { std::iota(above_.begin(), above_.end(), 0U); }

    /// The one of its set that stands for all: the least.
    std::uint32_t find(std::uint32_t one) noexcept {
        while (above_[one] != one) one = above_[one] = above_[above_[one]];
        return one;
    }

    void join(std::uint32_t one, std::uint32_t other) noexcept {
        one = find(one);
        other = find(other);
        if (one < other)
            above_[other] = one;
        else
            above_[one] = other;
    }

private:
    std::vector<std::uint32_t> above_;
};

}  // namespace pgweir::catalog

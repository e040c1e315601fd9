#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace pgweir::net {

/// The kernel's cryptographic random source, asked for a page at a time. Single-threaded: each worker owns one.
class random_source {
public:
    void fill(std::span<char> into);

    std::uint64_t number();

private:
    std::array<char, 512> pool_{};
    std::size_t left_ = 0;
};

}  // namespace pgweir::net

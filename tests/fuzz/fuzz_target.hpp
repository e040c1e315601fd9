#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace pgweir::test {

/// libFuzzer hands over a block of exactly this size, so a read beyond it is seen.
inline std::string_view input_view(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// A crash is how libFuzzer learns of a broken rule.
inline void require_unbroken(const std::string& rule) {
    if (rule.empty()) return;
    std::fprintf(stderr, "broken rule: %s\n", rule.c_str());
    std::abort();
}

}  // namespace pgweir::test

#include "redis/reply.hpp"

#include <algorithm>

namespace pgweir::redis {

std::string_view error_kind(std::string_view text) noexcept {
    const std::string_view word = text.substr(0, text.find(' '));
    constexpr std::size_t longest = 20;
    const bool capitals = std::all_of(word.begin(), word.end(), [](char each) { return each >= 'A' && each <= 'Z'; });
    return capitals && word.size() <= longest ? word : std::string_view{};
}

}  // namespace pgweir::redis

#include "cache/rule_match.hpp"

#include <algorithm>

namespace pgweir::cache {

namespace {

char folded(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool lists(const std::vector<std::string>& names, const std::string& name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

// Behind a * that matched too little the next try begins one character later: O(n * m), with no recursion.
bool is_like(std::string_view text, std::string_view pattern) noexcept {
    std::size_t at = 0, in_pattern = 0;
    std::size_t retry_at = 0, behind_star = std::string_view::npos;
    while (at < text.size()) {
        if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
            behind_star = ++in_pattern;
            retry_at = at;
        } else if (in_pattern < pattern.size() && folded(pattern[in_pattern]) == folded(text[at])) {
            ++at;
            ++in_pattern;
        } else if (behind_star != std::string_view::npos) {
            in_pattern = behind_star;
            at = ++retry_at;
        } else {
            return false;
        }
    }
    while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
    return in_pattern == pattern.size();
}

}  // namespace pgweir::cache

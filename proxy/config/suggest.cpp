#include "config/suggest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace pgweir::config {

namespace {

constexpr std::size_t longest_compared = 40;
constexpr std::size_t shortest_start = 3;
using distances = std::array<std::size_t, longest_compared + 1>;

/// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    distances before_last{};
    distances last{};
    distances current{};
    for (std::size_t j = 0; j <= b.size(); ++j) last.at(j) = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last.at(j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1);
            current.at(j) = std::min({last.at(j) + 1, current.at(j - 1) + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                current.at(j) = std::min(current.at(j), before_last.at(j - 2) + 1);
        }
        before_last = last;
        last = current;
    }
    return last.at(b.size());
}

}  // namespace

std::string_view nearest(std::string_view written, const std::vector<std::string_view>& candidates) {
    if (written.size() > longest_compared) return {};
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(1, written.size() / 3) + 1;
    for (const std::string_view candidate : candidates) {
        if (candidate.size() > longest_compared) continue;
        // A word cut short is as good as one mistyped.
        const bool is_start = written.size() >= shortest_start && candidate.substr(0, written.size()) == written;
        const std::size_t distance = is_start ? 1 : edit_distance(written, candidate);
        if (distance >= best_distance) continue;
        best = candidate;
        best_distance = distance;
    }
    return best;
}

}  // namespace pgweir::config

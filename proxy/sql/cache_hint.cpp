#include "sql/cache_hint.hpp"

#include <algorithm>
#include <chrono>

#include "base/duration_text.hpp"
#include "sql/words.hpp"

namespace pgweir::sql {

namespace {

constexpr std::string_view space = " \t\r\n\f\v";
constexpr std::string_view between_words = ", \t\r\n\f\v";
constexpr std::string_view mark = "pgweir:";

std::string_view without_space(std::string_view text) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(space), text.size()));
    return text;
}

/// The block comment at the front of `text`, which is taken away with what encloses it. They nest. Nothing when it is
/// never closed.
std::optional<std::string_view> take_block_comment(std::string_view& text) noexcept {
    constexpr std::size_t delimiter = 2;
    std::size_t depth = 0;
    for (std::size_t at = 0; at + 1 < text.size();) {
        const std::string_view two = text.substr(at, delimiter);
        const bool opens = two == "/*", closes = two == "*/";
        if (opens) ++depth;
        if (closes && --depth == 0) {
            const std::string_view inside = text.substr(delimiter, at - delimiter);
            text.remove_prefix(at + delimiter);
            return inside;
        }
        at += opens || closes ? delimiter : 1;
    }
    return std::nullopt;
}

/// Calls `say(word)` for each word of the hints in front of the text.
template <class Function>
void for_each_word(std::string_view text, Function&& say) {
    while (true) {
        text = without_space(text);
        if (text.starts_with("--")) {
            text.remove_prefix(std::min(text.find_first_of("\r\n"), text.size()));
            continue;
        }
        if (!text.starts_with("/*")) return;
        const auto comment = take_block_comment(text);
        if (!comment) return;
        std::string_view words = without_space(*comment);
        if (!same_word(words.substr(0, mark.size()), mark)) continue;
        words.remove_prefix(mark.size());
        while (true) {
            words.remove_prefix(std::min(words.find_first_not_of(between_words), words.size()));
            if (words.empty()) break;
            const std::string_view word = words.substr(0, words.find_first_of(between_words));
            words.remove_prefix(word.size());
            say(word);
        }
    }
}

/// As `cache.ttl` is written, and no longer than that may be.
std::optional<base::duration> read_ttl(std::string_view word) {
    constexpr std::string_view name = "ttl=";
    if (!same_word(word.substr(0, name.size()), name)) return std::nullopt;
    base::duration_fault why{};
    const auto ttl = base::read_duration(word.substr(name.size()), why);
    const bool fits = ttl && *ttl >= std::chrono::milliseconds(1) && *ttl <= std::chrono::hours(24);
    return fits ? ttl : std::nullopt;
}

/// False when it means nothing.
bool take_word(cache_hint& to, std::string_view word) {
    if (same_word(word, "no-cache")) return to.no_cache = true;
    if (same_word(word, "refresh")) return to.refresh = true;
    const auto ttl = read_ttl(word);
    if (ttl) to.ttl = ttl;
    return ttl.has_value();
}

}  // namespace

cache_hint read_cache_hint(std::string_view text) {
    cache_hint found;
    for_each_word(text, [&found](std::string_view word) {
        if (!take_word(found, word)) ++found.unknown;
    });
    return found;
}

std::string unknown_words(std::string_view text) {
    std::string words;
    cache_hint ignored;
    for_each_word(text, [&](std::string_view word) {
        if (!take_word(ignored, word)) words.append(words.empty() ? "" : ", ").append(word);
    });
    return words;
}

}  // namespace pgweir::sql

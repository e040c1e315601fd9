#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace pgweir::sql {

/// What an application asks of the result cache for one statement, in a comment in front of it:
/// /* pgweir: ttl=30s */, no-cache, refresh; several of them have blanks or commas between them.
struct cache_hint {
    bool no_cache = false;  ///< neither answered from the cache nor kept
    bool refresh = false;   ///< executed whatever is kept, and kept
    std::optional<base::duration> ttl;
    std::size_t unknown = 0;  ///< words that mean nothing

    bool empty() const noexcept { return !no_cache && !refresh && !ttl && unknown == 0; }
};

/// A text that does not begin with this has no hint.
inline bool may_have_hint(std::string_view text) noexcept {
    return !text.empty() && (text.front() == '/' || text.front() == '-' || text.front() <= ' ');
}

/// Of all comments in front of the first word; of a word that stands there twice the second counts.
cache_hint read_cache_hint(std::string_view text);

/// The words that mean nothing, for people.
std::string unknown_words(std::string_view text);

}  // namespace pgweir::sql
